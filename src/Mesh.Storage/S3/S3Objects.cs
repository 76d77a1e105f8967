using Amazon.S3.Model;
using Mesh.Model;

namespace Mesh.Storage.S3;

/// <summary>
/// Single objects of S3 and S3-compatible stores by their URI, for the tools that read recordings where they lie. Credentials, region and
/// endpoint come from where every AWS tool takes them: <c>AWS_ACCESS_KEY_ID</c>, <c>AWS_SECRET_ACCESS_KEY</c>, <c>AWS_REGION</c>,
/// <c>AWS_ENDPOINT_URL</c>, the shared credentials file, the machine's role.
/// </summary>
public sealed class S3Objects : IDisposable
{
    private readonly S3Options options = new();
    private readonly S3Connection connection;

    /// <summary>Makes a client from the environment.</summary>
    public S3Objects() => connection = new S3Connection(options, TimeProvider.System);

    /// <summary>Whether a path is such a URI.</summary>
    public static bool IsUri(string path) => S3Uri.Is(path);

    /// <summary>Opens an object for ranged reads; what is read is kept in a bounded cache of blocks.</summary>
    /// <exception cref="MeshException"><c>MESH8030</c> not a URI of an object; <c>MESH8003</c> there is none; <c>MESH8032</c> not allowed; <c>MESH8033</c> unreachable.</exception>
    public async ValueTask<IByteSource> OpenAsync(string uri, CancellationToken cancellationToken)
    {
        var (bucket, key) = S3Uri.Parse(uri);
        var head = await connection.RunAsync($"reading '{uri}'", token => connection.Client.GetObjectMetadataAsync(bucket, key, token), cancellationToken).ConfigureAwait(false);
        return new CachedByteSource(new S3ByteSource(connection, uri, bucket, key, head.ContentLength, head.ETag));
    }

    /// <summary>Names of the objects directly under a prefix that ends with a slash.</summary>
    /// <exception cref="MeshException"><c>MESH8032</c> not allowed; <c>MESH8033</c> unreachable; <c>MESH8035</c> no such bucket.</exception>
    public async ValueTask<IReadOnlyList<string>> ListAsync(string prefixUri, CancellationToken cancellationToken)
    {
        var (bucket, prefix) = S3Uri.Parse(prefixUri);
        var names = new List<string>();
        var request = new ListObjectsV2Request { BucketName = bucket, Prefix = prefix, Delimiter = "/" };
        do
        {
            var page = await connection.RunAsync($"listing '{prefixUri}'", token => connection.Client.ListObjectsV2Async(request, token), cancellationToken).ConfigureAwait(false);
            foreach (var entry in page.S3Objects ?? []) names.Add(entry.Key[prefix.Length..]);
            request.ContinuationToken = page.IsTruncated == true ? page.NextContinuationToken : null;
        }
        while (request.ContinuationToken is not null);
        return names;
    }

    /// <summary>Whether there is an object.</summary>
    /// <exception cref="MeshException"><c>MESH8030</c> not a URI of an object; <c>MESH8032</c> not allowed; <c>MESH8033</c> unreachable; <c>MESH8035</c> no such bucket.</exception>
    public async ValueTask<bool> ExistsAsync(string uri, CancellationToken cancellationToken)
    {
        var (bucket, key) = S3Uri.Parse(uri);

        // Keys come in order, so an object stands before those whose keys go on after it. Other than its own answer, that of a listing tells
        // an absent object from an absent bucket.
        var request = new ListObjectsV2Request { BucketName = bucket, Prefix = key, MaxKeys = 1 };
        var page = await connection.RunAsync($"looking for '{uri}'", token => connection.Client.ListObjectsV2Async(request, token), cancellationToken).ConfigureAwait(false);
        return page.S3Objects is [{ } first, ..] && first.Key == key;
    }

    /// <summary>Makes an object of a local file, or replaces one; it appears whole.</summary>
    /// <exception cref="MeshException"><c>MESH8030</c> not a URI of an object; <c>MESH8032</c> not allowed; <c>MESH8033</c> unreachable; <c>MESH8035</c> another refusal.</exception>
    public ValueTask ImportFileAsync(string path, string uri, CancellationToken cancellationToken)
    {
        var (bucket, key) = S3Uri.Parse(uri);
        return new S3FileImport(connection, new S3Put(connection, bucket), options, bucket, key, uri).RunAsync(path, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => connection.Dispose();
}
