using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Mesh.Model;

namespace Mesh.Storage;

/// <summary>
/// Single objects of S3 and S3-compatible stores by their URI, for the tools that read recordings where they lie. Credentials, region and
/// endpoint come from where every AWS tool takes them: <c>AWS_ACCESS_KEY_ID</c>, <c>AWS_SECRET_ACCESS_KEY</c>, <c>AWS_REGION</c>,
/// <c>AWS_ENDPOINT_URL</c>, the shared credentials file, the machine's role.
/// </summary>
public sealed class S3Objects : IDisposable
{
    /// <summary>Beginning of the URIs.</summary>
    public const string Scheme = "s3://";

    private readonly AmazonS3Client client;

    /// <summary>Makes a client from the environment.</summary>
    public S3Objects()
    {
        var config = new AmazonS3Config
        {
            // Stores other than AWS refuse the trailing checksums that are the default otherwise.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        string? endpoint = Environment.GetEnvironmentVariable("AWS_ENDPOINT_URL_S3") ?? Environment.GetEnvironmentVariable("AWS_ENDPOINT_URL");
        if (endpoint is not null)
        {
            config.ServiceURL = endpoint;
            config.ForcePathStyle = true;
            config.AuthenticationRegion = Environment.GetEnvironmentVariable("AWS_REGION") ?? "us-east-1";
        }
        else if (Environment.GetEnvironmentVariable("AWS_REGION") is null && FallbackRegionFactory.GetRegionEndpoint() is null)
        {
            config.RegionEndpoint = RegionEndpoint.USEast1;
        }

        client = new AmazonS3Client(config);
    }

    /// <summary>Whether a path is such a URI.</summary>
    public static bool IsUri(string path) => path.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);

    /// <summary>Opens an object for ranged reads; what is read is kept in a bounded cache of blocks.</summary>
    /// <exception cref="MeshException"><c>MESH8020</c> not a URI of an object; <c>MESH8021</c> it cannot be read: absent, forbidden, unreachable.</exception>
    public async ValueTask<IByteSource> OpenAsync(string uri, CancellationToken cancellationToken)
    {
        var (bucket, key) = Parse(uri);
        var head = await CallAsync(uri, () => client.GetObjectMetadataAsync(bucket, key, cancellationToken)).ConfigureAwait(false);
        return new CachedByteSource(new ObjectSource(this, uri, bucket, key, head.ContentLength, head.ETag));
    }

    /// <summary>Names of the objects directly under a prefix that ends with a slash.</summary>
    /// <exception cref="MeshException"><c>MESH8021</c>: they cannot be listed.</exception>
    public async ValueTask<IReadOnlyList<string>> ListAsync(string prefixUri, CancellationToken cancellationToken)
    {
        var (bucket, prefix) = Parse(prefixUri);
        var names = new List<string>();
        var request = new ListObjectsV2Request { BucketName = bucket, Prefix = prefix, Delimiter = "/" };
        do
        {
            var page = await CallAsync(prefixUri, () => client.ListObjectsV2Async(request, cancellationToken)).ConfigureAwait(false);
            foreach (var entry in page.S3Objects ?? []) names.Add(entry.Key[prefix.Length..]);
            request.ContinuationToken = page.IsTruncated == true ? page.NextContinuationToken : null;
        }
        while (request.ContinuationToken is not null);
        return names;
    }

    /// <inheritdoc/>
    public void Dispose() => client.Dispose();

    private static (string Bucket, string Key) Parse(string uri)
    {
        int slash = uri.IndexOf('/', Scheme.Length);
        return slash > Scheme.Length && slash + 1 < uri.Length
            ? (uri[Scheme.Length..slash], uri[(slash + 1)..])
            : throw new MeshException("MESH8020", $"'{uri}' does not name an object: expected s3://BUCKET/KEY.");
    }

    private static async Task<T> CallAsync<T>(string uri, Func<Task<T>> call)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (AmazonServiceException exception)
        {
            int status = (int)exception.StatusCode;
            string what = status switch
            {
                404 => "there is no such object",
                401 or 403 => $"access is denied ({exception.ErrorCode})",
                412 => "it was replaced while it was read",
                0 => $"the store cannot be reached: {exception.Message}",
                _ => $"the store answers {status}: {exception.Message}",
            };
            throw new MeshException("MESH8021", $"Cannot read '{uri}': {what}. Check the URI, AWS_ENDPOINT_URL and the credentials.", isTransient: status is 0 or 429 or >= 500, exception);
        }
        catch (Exception exception) when (exception is AmazonClientException or HttpRequestException)
        {
            throw new MeshException("MESH8021", $"Cannot read '{uri}': {exception.Message} Check AWS_ENDPOINT_URL and the credentials.", isTransient: true, exception);
        }
    }

    private sealed class ObjectSource(S3Objects owner, string uri, string bucket, string key, long length, string etag) : IByteSource
    {
        public long Length => length;

        public string Name => uri;

        public async ValueTask<int> ReadAtAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            int wanted = (int)Math.Min(buffer.Length, Math.Max(0, length - offset));
            if (wanted == 0) return 0;
            var request = new GetObjectRequest { BucketName = bucket, Key = key, ByteRange = new ByteRange(offset, offset + wanted - 1), EtagToMatch = etag };
            using var response = await CallAsync(uri, () => owner.client.GetObjectAsync(request, cancellationToken)).ConfigureAwait(false);
            return await response.ResponseStream.ReadAtLeastAsync(buffer[..wanted], wanted, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
