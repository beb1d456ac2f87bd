// BelayJournal
