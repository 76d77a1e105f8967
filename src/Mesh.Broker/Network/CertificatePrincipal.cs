using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Mesh.Broker.Network;

/// <summary>The name that a client's certificate gives it: its subject in the form of RFC 2253, as Kafka has it (<c>CN=truck-7,O=Fleet</c>).</summary>
internal static class CertificatePrincipal
{
    public static string NameOf(X500DistinguishedName subject)
    {
        try
        {
            return string.Join(',', subject.EnumerateRelativeDistinguishedNames(reversed: true).Select(static part =>
                $"{Keyword(part.GetSingleElementType())}={Escape(part.GetSingleElementValue() ?? "")}"));
        }
        catch (Exception e) when (e is InvalidOperationException or CryptographicException or AsnContentException)
        {
            // Several values in one part: rare, and the platform's form is as good.
            return subject.Name;
        }
    }

    private static string Keyword(Oid type) => type.Value switch
    {
        "2.5.4.3" => "CN",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "STREET",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "0.9.2342.19200300.100.1.25" => "DC",
        "0.9.2342.19200300.100.1.1" => "UID",
        var other => other ?? "",
    };

    private static string Escape(string value) => value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(",", "\\,", StringComparison.Ordinal).Replace("+", "\\+", StringComparison.Ordinal);
}
