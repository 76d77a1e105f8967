using System.Security.Cryptography;

namespace Mesh.Broker.Access;

/// <summary>What a server keeps of a password (RFC 5802 section 3): enough to check it, not enough to log in elsewhere.</summary>
/// <param name="Mechanism">SCRAM-SHA-256 or SCRAM-SHA-512.</param>
/// <param name="Salt">Salt.</param>
/// <param name="Iterations">Rounds of PBKDF2.</param>
/// <param name="StoredKey">H(ClientKey).</param>
/// <param name="ServerKey">HMAC(SaltedPassword, "Server Key").</param>
internal sealed record ScramCredential(SaslMechanism Mechanism, byte[] Salt, int Iterations, byte[] StoredKey, byte[] ServerKey)
{
    /// <summary>Fewest rounds that RFC 7677 allows; also the number for passwords that are given in the clear.</summary>
    public const int MinIterations = 4096;

    /// <summary>More rounds would let a login cost the server seconds; Kafka sets the same bound.</summary>
    public const int MaxIterations = 16384;

    public static ScramCredential Derive(SaslMechanism mechanism, ReadOnlySpan<byte> password, byte[] salt, int iterations)
    {
        var hash = mechanism.Hash();
        byte[] salted = Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, hash, mechanism == SaslMechanism.ScramSha512 ? 64 : 32);
        byte[] storedKey = CryptographicOperations.HashData(hash, CryptographicOperations.HmacData(hash, salted, "Client Key"u8));
        return new ScramCredential(mechanism, salt, iterations, storedKey, CryptographicOperations.HmacData(hash, salted, "Server Key"u8));
    }

    /// <summary>Whether it was made from this password; takes the time of <see cref="Derive"/> either way.</summary>
    public bool IsOf(ReadOnlySpan<byte> password) =>
        CryptographicOperations.FixedTimeEquals(Derive(Mechanism, password, Salt, Iterations).StoredKey, StoredKey);

    /// <summary>Reads Kafka's form <c>salt=…,stored_key=…,server_key=…,iterations=…</c> (Base64).</summary>
    /// <returns>Null when it is something else.</returns>
    public static ScramCredential? Parse(SaslMechanism mechanism, string text)
    {
        int length = mechanism == SaslMechanism.ScramSha512 ? 64 : 32;
        byte[]? salt = null, storedKey = null, serverKey = null;
        int iterations = 0;
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0) return null;
            string value = part[(equals + 1)..];
            switch (part[..equals])
            {
                case "salt": salt = Base64(value); break;
                case "stored_key": storedKey = Base64(value); break;
                case "server_key": serverKey = Base64(value); break;
                case "iterations" when int.TryParse(value, out int given): iterations = given; break;
                default: return null;
            }
        }

        return salt is { Length: >= 8 } && storedKey?.Length == length && serverKey?.Length == length && iterations is >= MinIterations and <= MaxIterations
            ? new ScramCredential(mechanism, salt, iterations, storedKey, serverKey)
            : null;
    }

    /// <summary>Keeps keys out of logs.</summary>
    public override string ToString() => $"{Mechanism} with {Iterations} iterations";

    private static byte[]? Base64(string text)
    {
        byte[] bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out int length) ? bytes[..length] : null;
    }
}
