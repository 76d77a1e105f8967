using System.Security.Cryptography;
using System.Text;

namespace Mesh.Broker.Network;

/// <summary>How far a connection has got with SASL (KIP-43, KIP-152).</summary>
internal enum AuthenticationStep
{
    /// <summary>Nothing said yet.</summary>
    Handshake,

    /// <summary>SaslHandshake v1 agreed on a mechanism; a SaslAuthenticate request follows.</summary>
    Framed,

    /// <summary>SaslHandshake v0 agreed on a mechanism; the bare token follows.</summary>
    Bare,

    /// <summary>Known, or nobody has to be.</summary>
    Done,
}

/// <summary>Checks SASL PLAIN (RFC 4616) against the configured users.</summary>
internal sealed class Authentication(IReadOnlyDictionary<string, string> users)
{
    public AuthenticationStep Step { get; set; } = users.Count == 0 ? AuthenticationStep.Done : AuthenticationStep.Handshake;

    public bool IsRequired => users.Count > 0;

    /// <param name="token"><c>[authorisation id] NUL user NUL password</c>.</param>
    /// <param name="user">The user it names, known or not.</param>
    public bool Check(ReadOnlySpan<byte> token, out string user)
    {
        user = "";
        int first = token.IndexOf((byte)0);
        if (first < 0) return false;
        var rest = token[(first + 1)..];
        int second = rest.IndexOf((byte)0);
        if (second < 0) return false;
        user = Encoding.UTF8.GetString(rest[..second]);
        string authorisationId = Encoding.UTF8.GetString(token[..first]);

        // Digests are compared so that the time taken tells nothing about the password or whether the user exists.
        bool known = users.TryGetValue(user, out string? password);
        byte[] expected = SHA256.HashData(Encoding.UTF8.GetBytes(password ?? ""));
        bool equal = CryptographicOperations.FixedTimeEquals(expected, SHA256.HashData(rest[(second + 1)..]));
        return known && equal && (authorisationId.Length == 0 || authorisationId == user);
    }
}
