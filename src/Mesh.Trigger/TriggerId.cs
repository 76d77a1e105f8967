using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Mesh.Trigger;

/// <summary>
/// Identity of a firing: lower-case hex SHA-256 over rule, hash of the rule, and per range in order of the products: product, UUID of the
/// table, from snapshot and to snapshot (decimal), each in UTF-8 and preceded by its length as a big-endian 32-bit integer. The same ranges
/// never have two.
/// </summary>
public static class TriggerId
{
    /// <summary>Computes the identity.</summary>
    /// <param name="rule">Name of the rule.</param>
    /// <param name="ruleHash">Its hash.</param>
    /// <param name="ranges">What it fired for.</param>
    public static string Compute(string rule, string ruleHash, IEnumerable<TriggerRange> ranges)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, rule);
        Append(hash, ruleHash);
        foreach (var range in ranges.OrderBy(range => range.Product, StringComparer.Ordinal))
        {
            Append(hash, range.Product);
            Append(hash, range.TableUuid);
            Append(hash, range.FromSnapshotId.ToString(CultureInfo.InvariantCulture));
            Append(hash, range.ToSnapshotId.ToString(CultureInfo.InvariantCulture));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, string field)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        byte[] bytes = Encoding.UTF8.GetBytes(field);
        BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }
}
