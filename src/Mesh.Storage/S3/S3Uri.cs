using System.Text.RegularExpressions;
using Mesh.Model;

namespace Mesh.Storage.S3;

/// <summary><c>s3://BUCKET/KEY</c>, taken literally: nothing in it is percent-encoded, as Iceberg engines have it.</summary>
internal static partial class S3Uri
{
    public const string Scheme = "s3://";

    public static bool Is(string path) => path.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);

    /// <summary>Bucket and key of an object or of a prefix.</summary>
    /// <exception cref="MeshException"><c>MESH8030</c> when it is no such URI or names a bucket only.</exception>
    public static (string Bucket, string Key) Parse(string uri)
    {
        var (bucket, key) = Split(uri);
        return key.Length > 0 ? (bucket, key) : throw new MeshException("MESH8030", $"'{uri}' does not name an object: expected s3://BUCKET/KEY.");
    }

    /// <summary>Bucket and prefix of a store's root; the prefix is empty or has no slash at its ends.</summary>
    /// <exception cref="MeshException"><c>MESH8030</c>, <c>MESH8001</c>.</exception>
    public static (string Bucket, string Prefix) ParseRoot(string uri)
    {
        var (bucket, key) = Split(uri);
        string prefix = key.EndsWith('/') ? key[..^1] : key;
        if (prefix.Length > 0) ObjectKey.Validate(prefix);
        return (bucket, prefix);
    }

    private static (string Bucket, string Key) Split(string uri)
    {
        if (!Is(uri)) throw new MeshException("MESH8030", $"'{uri}' is not in S3: expected s3://BUCKET/KEY.");
        int slash = uri.IndexOf('/', Scheme.Length);
        string bucket = slash < 0 ? uri[Scheme.Length..] : uri[Scheme.Length..slash];
        if (!BucketName().IsMatch(bucket))
        {
            throw new MeshException("MESH8030", $"'{uri}' has no valid bucket: names have 3 to 63 lower-case letters, digits, dots and hyphens. Expected s3://BUCKET/KEY.");
        }

        return (bucket, slash < 0 ? "" : uri[(slash + 1)..]);
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    private static partial Regex BucketName();
}
