{{ fires_by('month') }}
