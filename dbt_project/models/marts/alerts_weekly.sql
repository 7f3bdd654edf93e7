{{ alerts_by('week') }}
