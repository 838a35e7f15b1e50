"""What a network is, costs and did: pictures and reports."""
