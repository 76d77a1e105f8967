using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Mesh.Broker.Tests.Support;

/// <summary>Certificates for a day.</summary>
internal static class Certificates
{
    /// <summary>A server's certificate for 127.0.0.1 that vouches for itself and others.</summary>
    public static X509Certificate2 Server() => Make("CN=127.0.0.1", null);

    /// <summary>A client's certificate.</summary>
    public static X509Certificate2 Client(string subject, X509Certificate2 issuer) => Make(subject, issuer);

    public static string KeyPem(this X509Certificate2 certificate) => certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem();

    private static X509Certificate2 Make(string subject, X509Certificate2? issuer)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: issuer is null, false, 0, true));
        var (from, to) = (DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1));
        if (issuer is null) return Usable(request.CreateSelfSigned(from, to));
        using var signed = request.Create(issuer, from, issuer.NotAfter, RandomNumberGenerator.GetBytes(8));
        return Usable(signed.CopyWithPrivateKey(key));
    }

    private static X509Certificate2 Usable(X509Certificate2 certificate)
    {
        using (certificate) return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }
}
