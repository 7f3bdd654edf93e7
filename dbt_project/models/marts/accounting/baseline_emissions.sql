{{ account_emissions('baseline') }}
