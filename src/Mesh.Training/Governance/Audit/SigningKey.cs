using System.Security.Cryptography;
using System.Text;
using Mesh.Model;

namespace Mesh.Training.Governance.Audit;

/// <summary>
/// A private key that signs decisions: ECDSA on P-256 with SHA-256, in a PKCS#8 PEM file that only its owner can read. What it signs,
/// <c>openssl dgst -sha256 -verify</c> accepts.
/// </summary>
public sealed class SigningKey : IDisposable
{
    private readonly ECDsa key;

    private SigningKey(ECDsa key)
    {
        this.key = key;
        PublicPem = key.ExportSubjectPublicKeyInfoPem() + "\n";
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()));
    }

    /// <summary>The public key, SubjectPublicKeyInfo in PEM.</summary>
    public string PublicPem { get; }

    /// <summary>Fingerprint: SHA-256 of the public key's SubjectPublicKeyInfo in DER, lower-case hex.</summary>
    public string Sha256 { get; }

    /// <summary>Makes a key.</summary>
    public static SigningKey Create() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>Reads a key.</summary>
    /// <exception cref="MeshException"><c>MESH9603</c> when the file is not there, or holds no such key.</exception>
    public static SigningKey Read(string path)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(path));
            if (key.KeySize != 256) throw new CryptographicException($"its key has {key.KeySize} bits");
            return new SigningKey(key);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            key.Dispose();
            throw new MeshException("MESH9603", $"'{path}' cannot be read as a private key of P-256 in PEM: {exception.Message} `mesh identity create NAME --roles ROLE` makes one.", innerException: exception);
        }
    }

    /// <summary>The key of a file, made when there is none.</summary>
    public static SigningKey ReadOrCreate(string path)
    {
        if (File.Exists(path)) return Read(path);
        var key = Create();
        try
        {
            key.Write(path);
            return key;
        }
        catch (MeshException) when (File.Exists(path))
        {
            key.Dispose();
            return Read(path);
        }
    }

    /// <summary>Writes the private key to a new file with mode 0600.</summary>
    /// <exception cref="MeshException"><c>MESH9604</c> when there is a file already, or it cannot be written.</exception>
    public void Write(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using var file = new FileStream(path, options);
            file.Write(Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n"));
            file.Flush(flushToDisk: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MeshException("MESH9604", $"The private key cannot be written to '{path}': {exception.Message}", innerException: exception);
        }
    }

    /// <summary>Signs the canonical form of a document.</summary>
    public SignedDecision Sign(string canonical)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(canonical));
        return new SignedDecision(canonical, Convert.ToHexStringLower(hash), Convert.ToBase64String(key.SignHash(hash, DSASignatureFormat.Rfc3279DerSequence)));
    }

    /// <summary>Signs bytes: ECDSA over their SHA-256, DER (RFC 3279).</summary>
    public byte[] Sign(ReadOnlySpan<byte> bytes) => key.SignHash(SHA256.HashData(bytes), DSASignatureFormat.Rfc3279DerSequence);

    /// <summary>Whether a signature is that of a public key over the canonical form of a document.</summary>
    public static bool IsSignedBy(string publicPem, string canonical, string signature)
    {
        try
        {
            return IsSignedBy(publicPem, Encoding.UTF8.GetBytes(canonical), Convert.FromBase64String(signature));
        }
        catch (FormatException)
        {
            return false;
        }
    }

    /// <summary>Whether a signature is that of a public key over bytes, see <see cref="Sign(ReadOnlySpan{byte})"/>.</summary>
    public static bool IsSignedBy(string publicPem, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> signature)
    {
        using var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(publicPem);
            return key.VerifyHash(SHA256.HashData(bytes), signature, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Fingerprint of a public key in PEM.</summary>
    /// <exception cref="MeshException"><c>MESH9605</c> when it is none of P-256.</exception>
    public static string FingerprintOf(string publicPem)
    {
        using var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(publicPem);
            if (key.KeySize != 256) throw new CryptographicException($"it has {key.KeySize} bits");
            return Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()));
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            throw new MeshException("MESH9605", $"This is no public key of P-256 in PEM: {exception.Message}", innerException: exception);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => key.Dispose();
}
