-- held for custom providers
SELECT 1;
