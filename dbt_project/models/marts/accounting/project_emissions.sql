{{ account_emissions('monitored') }}
