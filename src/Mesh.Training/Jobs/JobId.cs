using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Mesh.Model;

namespace Mesh.Training.Jobs;

/// <summary>
/// Identity of a job: first 16 hex digits of the SHA-256 over trigger id, trainer, the hyperparameters in ordinal order of their names
/// (name, value, ...), code version and, unless it is train, the kind, each in UTF-8 and preceded by its length as a big-endian 32-bit integer. A request that is
/// delivered twice is one job.
/// </summary>
public static class JobId
{
    /// <summary>Computes the identity.</summary>
    public static string Compute(string triggerId, string trainer, IEnumerable<KeyValuePair<string, string>> hyperparameters, string codeVersion, JobKind kind = JobKind.Train)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, triggerId);
        Append(hash, trainer);
        foreach (var (name, value) in hyperparameters.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            Append(hash, name);
            Append(hash, value);
        }

        Append(hash, codeVersion);
        if (kind != JobKind.Train) Append(hash, kind.ToWord());
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 8));
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
