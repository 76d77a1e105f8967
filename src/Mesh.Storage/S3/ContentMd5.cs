using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Mesh.Storage.S3;

/// <summary>MD5 as S3 has it: against accidents on the way, not against forgers.</summary>
[SuppressMessage("Security", "CA5351", Justification = "Content-MD5 and ETag are MD5 by S3's specification.")]
internal static class ContentMd5
{
    public static byte[] Of(ReadOnlySpan<byte> content) => MD5.HashData(content);

    public static IncrementalHash Begin() => IncrementalHash.CreateHash(HashAlgorithmName.MD5);

    /// <summary>The ETag of an object that was put by one request.</summary>
    public static string Tag(byte[] md5) => Convert.ToHexStringLower(md5);

    /// <summary>The ETag of an object that was put in parts.</summary>
    public static string Tag(IReadOnlyList<byte[]> parts)
    {
        using var all = Begin();
        foreach (byte[] part in parts) all.AppendData(part);
        return $"{Convert.ToHexStringLower(all.GetHashAndReset())}-{parts.Count}";
    }

    /// <summary>An ETag without its quotes.</summary>
    public static string Unquoted(string? tag) => tag?.Trim('"') ?? "";
}
