/** A key that protects nothing, and a certificate for `ingress.test` that it signed itself, valid for a hundred years. */
export const testCertificate = {
  certificate: `-----BEGIN CERTIFICATE-----
MIIBnjCCAUSgAwIBAgIULoALTI4ZBO/ByJzsSQWPjz6eSx0wCgYIKoZIzj0EAwIw
FzEVMBMGA1UEAwwMaW5ncmVzcy50ZXN0MCAXDTI2MTEyNDEzNDUwOVoYDzIxMjYx
MDMxMTM0NTA5WjAXMRUwEwYDVQQDDAxpbmdyZXNzLnRlc3QwWTATBgcqhkjOPQIB
BggqhkjOPQMBBwNCAARYw2ugrzWHhAzW+jhDdGVUkoUFOLp7k4LUNA8znrq7Rgzt
W4/5WsvdbqNKmYx0TO0ZlhwI8mFVTrnxBslso64go2wwajAdBgNVHQ4EFgQUbHPb
+g3H5FAPnS3f4FcIyaaYV+gwHwYDVR0jBBgwFoAUbHPb+g3H5FAPnS3f4FcIyaaY
V+gwDwYDVR0TAQH/BAUwAwEB/zAXBgNVHREEEDAOggxpbmdyZXNzLnRlc3QwCgYI
KoZIzj0EAwIDSAAwRQIgBe3BGVZtjluGzkbLvXUo2aFzAjoTT6RwLF8K/CZjP+wC
IQDR3PIDYdcDvPgSxtHpsRr14sZDZf6zRhMuA6nFqrpPnQ==
-----END CERTIFICATE-----`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQga17X83S8h6PlBat/
C9dfiWi2KQdSK1IRhjpui0lGj/GhRANCAARYw2ugrzWHhAzW+jhDdGVUkoUFOLp7
k4LUNA8znrq7RgztW4/5WsvdbqNKmYx0TO0ZlhwI8mFVTrnxBslso64g
-----END PRIVATE KEY-----`,
};
