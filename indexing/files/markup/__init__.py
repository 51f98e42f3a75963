"""XML feeds are read as records: Google Merchant and Facebook (RSS, Atom), Yandex YML, and any with one repeated element."""
