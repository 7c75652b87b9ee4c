"""Pictures and reports, drawn from results and tables; nothing here computes physics."""
