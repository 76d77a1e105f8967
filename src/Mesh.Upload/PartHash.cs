using System.Security.Cryptography;

namespace Mesh.Upload;

/// <summary>SHA-256 over the first bytes of a part.</summary>
internal sealed class PartHash : IDisposable
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public long Length { get; private set; }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        hash.AppendData(bytes);
        Length += bytes.Length;
    }

    public byte[] Current() => hash.GetCurrentHash();

    public void Reset()
    {
        hash.GetHashAndReset();
        Length = 0;
    }

    public void Dispose() => hash.Dispose();
}
