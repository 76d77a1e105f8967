using System.Security.Cryptography;
using System.Text;

namespace Mesh.Broker.Access;

/// <summary>The server's side of one SCRAM exchange (RFC 5802 section 5): two messages from the client, an answer to each.</summary>
/// <param name="mechanism">SCRAM-SHA-256 or SCRAM-SHA-512.</param>
/// <param name="users">Credentials.</param>
/// <param name="serverNonce">The server's part of the nonce: printable ASCII without comma.</param>
internal sealed class ScramExchange(SaslMechanism mechanism, UserDirectory users, string serverNonce)
{
    private const int MaxMessageBytes = 4096;

    private string gs2Header = "";
    private string clientFirstBare = "";
    private string serverFirst = "";
    private string clientNonce = "";
    private string nonce = "";
    private string? authorisationId;
    private bool known;
    private ScramCredential? credential;

    public ScramExchange(SaslMechanism mechanism, UserDirectory users)
        : this(mechanism, users, Convert.ToBase64String(RandomNumberGenerator.GetBytes(24)))
    {
    }

    /// <summary>The user that the client named.</summary>
    public string User { get; private set; } = "";

    /// <summary>Answers the client's first message. An unknown user gets the same kind of answer as a known one.</summary>
    /// <returns>Null when it is not one.</returns>
    public byte[]? First(ReadOnlySpan<byte> message)
    {
        if (message.Length > MaxMessageBytes) return null;
        string text = Encoding.UTF8.GetString(message);

        // gs2-header: no channel binding ('n', 'y'), an optional authorisation identity.
        string[] parts = text.Split(',', 3);
        if (parts.Length < 3 || parts[0] is not ("n" or "y") || (parts[1].Length > 0 && !parts[1].StartsWith("a=", StringComparison.Ordinal))) return null;
        gs2Header = $"{parts[0]},{parts[1]},";
        clientFirstBare = parts[2];
        authorisationId = parts[1].Length > 0 ? Unescape(parts[1][2..]) : null;

        // A mandatory extension ('m=') is none that this server knows; optional ones follow the nonce.
        string[] attributes = clientFirstBare.Split(',');
        if (attributes.Length < 2 || !attributes[0].StartsWith("n=", StringComparison.Ordinal) || !attributes[1].StartsWith("r=", StringComparison.Ordinal)) return null;
        if (Unescape(attributes[0][2..]) is not { Length: > 0 } user || attributes[1].Length < 3) return null;

        User = user;
        clientNonce = attributes[1][2..];
        nonce = clientNonce + serverNonce;
        credential = users.Credential(user, mechanism, out known);
        serverFirst = $"r={nonce},s={Convert.ToBase64String(credential.Salt)},i={credential.Iterations}";
        return Encoding.UTF8.GetBytes(serverFirst);
    }

    /// <summary>Checks the client's proof.</summary>
    /// <returns>The server's signature; null when the client is not who it says.</returns>
    public byte[]? Final(ReadOnlySpan<byte> message)
    {
        if (credential is null || message.Length > MaxMessageBytes) return null;
        string text = Encoding.UTF8.GetString(message);
        int proofAt = text.LastIndexOf(",p=", StringComparison.Ordinal);
        if (proofAt < 0) return null;
        string[] attributes = text[..proofAt].Split(',');
        if (attributes.Length < 2 || attributes[0] != "c=" + Convert.ToBase64String(Encoding.UTF8.GetBytes(gs2Header))) return null;

        // librdkafka before 2.6.1 puts its own part before the whole once more, which Kafka lets pass; the proof covers what was sent.
        if (attributes[1] != "r=" + nonce && attributes[1] != "r=" + clientNonce + nonce) return null;
        byte[] proof = new byte[text.Length];
        if (!Convert.TryFromBase64String(text[(proofAt + 3)..], proof, out int length) || length != credential.StoredKey.Length) return null;

        var hash = mechanism.Hash();
        byte[] authMessage = Encoding.UTF8.GetBytes($"{clientFirstBare},{serverFirst},{text[..proofAt]}");
        byte[] signature = CryptographicOperations.HmacData(hash, credential.StoredKey, authMessage);
        for (int i = 0; i < length; i++) proof[i] ^= signature[i];
        bool proven = CryptographicOperations.FixedTimeEquals(CryptographicOperations.HashData(hash, proof.AsSpan(0, length)), credential.StoredKey);
        if (!proven || !known || (authorisationId is not null && authorisationId != User)) return null;
        return Encoding.ASCII.GetBytes("v=" + Convert.ToBase64String(CryptographicOperations.HmacData(hash, credential.ServerKey, authMessage)));
    }

    /// <returns>Null when an '=' begins no escape (RFC 5802 section 5.1, "n").</returns>
    private static string? Unescape(string name)
    {
        string unescaped = name.Replace("=2C", ",", StringComparison.Ordinal);
        return unescaped.Replace("=3D", "", StringComparison.Ordinal).Contains('=', StringComparison.Ordinal) ? null : unescaped.Replace("=3D", "=", StringComparison.Ordinal);
    }
}
