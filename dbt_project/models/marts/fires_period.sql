{{ fires_by('period') }}
