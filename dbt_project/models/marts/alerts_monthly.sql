{{ alerts_by('month') }}
