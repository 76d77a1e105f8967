using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Mesh.Lakehouse.Maintenance;

/// <summary>
/// A set of URIs or keys by their 128-bit hash: 32 bytes for each, so that a million files fit. Two of one hash count as the same, which keeps a file
/// that could go and never the other way round.
/// </summary>
internal sealed class UriSet
{
    private readonly HashSet<UInt128> hashes = [];

    public int Count => hashes.Count;

    public bool Add(string uri) => hashes.Add(Hash(uri));

    public bool Contains(string uri) => hashes.Contains(Hash(uri));

    public static UInt128 Hash(string uri)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes(uri.AsSpan()), hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }
}
