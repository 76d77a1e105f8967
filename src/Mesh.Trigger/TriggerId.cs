using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Mesh.Trigger;

/// <summary>
/// Identity of a firing: lower-case hex SHA-256 over rule, product, from snapshot and to snapshot (decimal), each in UTF-8 and preceded
/// by its length as a big-endian 32-bit integer. The same range of the same product never has two.
/// </summary>
public static class TriggerId
{
    /// <summary>Computes the identity.</summary>
    /// <param name="rule">Name of the rule.</param>
    /// <param name="product">Product.</param>
    /// <param name="fromSnapshotId">Exclusive; 0 from the beginning.</param>
    /// <param name="toSnapshotId">Inclusive.</param>
    public static string Compute(string rule, string product, long fromSnapshotId, long toSnapshotId)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (string field in (ReadOnlySpan<string>)
            [rule, product, fromSnapshotId.ToString(CultureInfo.InvariantCulture), toSnapshotId.ToString(CultureInfo.InvariantCulture)])
        {
            byte[] bytes = Encoding.UTF8.GetBytes(field);
            BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
