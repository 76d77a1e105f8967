using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Amazon.S3.Model;
using Mesh.Model;

namespace Mesh.Storage.S3;

/// <summary>
/// A prefix of a bucket in S3 or a store that speaks it. Small objects are put by one request, larger ones in parts; whatever the form,
/// an object appears complete or not at all. Safe for concurrent use.
/// </summary>
public sealed partial class S3ObjectStore : IObjectStore, IDisposable
{
    internal const string TemporaryFolder = ".tmp";

    /// <summary>Age from which an unfinished upload is taken for the leftover of a killed process.</summary>
    private static readonly TimeSpan LeftoverAge = TimeSpan.FromDays(1);

    private readonly S3Connection connection;
    private readonly S3Options options;
    private readonly S3Put put;
    private readonly string bucket;
    private readonly string keyPrefix;
    private bool isProbed;

    private S3ObjectStore(string rootUri, S3Options options, TimeProvider time)
    {
        (bucket, string prefix) = S3Uri.ParseRoot(rootUri);
        keyPrefix = prefix.Length == 0 ? "" : prefix + "/";
        RootUri = $"{S3Uri.Scheme}{bucket}{(prefix.Length == 0 ? "" : "/")}{prefix}";
        this.options = options;
        connection = new S3Connection(options, time);
        put = new S3Put(connection, bucket);
    }

    /// <inheritdoc/>
    public string RootUri { get; }

    /// <inheritdoc/>
    public ObjectStoreCapabilities Capabilities { get; private set; }

    /// <summary>Address of a server other than AWS, without anything secret in it; null for AWS. Buckets are the first segment of its paths.</summary>
    public string? Endpoint => connection.Endpoint;

    /// <summary>Region that requests are signed for.</summary>
    public string Region => connection.Region;

    /// <summary>Whether a location is in S3: begins with <c>s3://</c>.</summary>
    public static bool IsUri(string location) => S3Uri.Is(location);

    /// <summary>
    /// Opens a store for reading and writing: finds out what the server can do, refuses one that would lose data, and gives up the uploads
    /// that killed processes left unfinished a day ago.
    /// </summary>
    /// <param name="rootUri"><c>s3://BUCKET</c> or <c>s3://BUCKET/PREFIX</c>; the bucket exists.</param>
    /// <param name="options">Server, credentials, limits.</param>
    /// <param name="time">Clock.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="MeshException">
    /// <c>MESH8030</c> the URI or the endpoint is none, <c>MESH8032</c> not allowed, <c>MESH8033</c> unreachable (transient), <c>MESH8034</c>
    /// the server ignores conditions or forgets what was written, <c>MESH8035</c> no such bucket, or another refusal.
    /// </exception>
    public static async ValueTask<S3ObjectStore> OpenAsync(string rootUri, S3Options options, TimeProvider time, CancellationToken cancellationToken)
    {
        var store = new S3ObjectStore(rootUri, options, time);
        try
        {
            var probe = new S3Probe(store.connection, store.bucket, store.FullKey($"{TemporaryFolder}/probe-{Guid.NewGuid():N}"), store.RootUri);
            store.Capabilities = await probe.RunAsync(cancellationToken).ConfigureAwait(false);
            store.isProbed = true;
            await store.SweepLeftoversAsync(time.GetUtcNow() - LeftoverAge, cancellationToken).ConfigureAwait(false);
            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>Opens a store for reading. Nothing is written or asked, so that the right to read is enough; writing is refused.</summary>
    /// <exception cref="MeshException"><c>MESH8030</c> the URI or the endpoint is none.</exception>
    public static S3ObjectStore OpenForReading(string rootUri, S3Options options) => new(rootUri, options, TimeProvider.System);

    /// <inheritdoc/>
    public string UriOf(string key)
    {
        FullKey(key);
        return $"{RootUri}/{key}";
    }

    /// <inheritdoc/>
    public string KeyOf(string uri)
    {
        if (!uri.StartsWith(RootUri, StringComparison.Ordinal) || uri.Length <= RootUri.Length + 1 || uri[RootUri.Length] != '/')
        {
            throw new MeshException("MESH8001", $"'{uri}' is not an object of {RootUri}. If the objects were moved, put them back or point the configuration (`storage.uri`) at the old place.");
        }

        string key = uri[(RootUri.Length + 1)..];
        FullKey(key);
        return key;
    }

    /// <inheritdoc/>
    public ValueTask<ObjectWriter> CreateAsync(string key, PutMode mode, CancellationToken cancellationToken)
    {
        RequireProbed();
        cancellationToken.ThrowIfCancellationRequested();
        string full = FullKey(key);
        string uri = UriOf(key);
        IPartSink sink = mode == PutMode.IfAbsent ? new SpoolSink(put, options, full, uri) : new UploadSink(connection, bucket, full, uri);
        return ValueTask.FromResult<ObjectWriter>(new S3ObjectWriter(uri, options.PartBytes, sink, (content, token) => PutAsync(key, content, mode, token)));
    }

    /// <inheritdoc/>
    public ValueTask PutAsync(string key, ReadOnlyMemory<byte> content, PutMode mode, CancellationToken cancellationToken)
    {
        RequireProbed();
        string full = FullKey(key);
        var bytes = MemoryMarshal.TryGetArray(content, out var array) ? array : content.ToArray();
        return put.RunAsync(
            full, UriOf(key), () => new MemoryStream(bytes.Array ?? [], bytes.Offset, bytes.Count, writable: false), bytes.Count, ContentMd5.Of(bytes), mode == PutMode.Overwrite, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask ImportFileAsync(string path, string key, CancellationToken cancellationToken)
    {
        RequireProbed();
        return new S3FileImport(connection, put, options, bucket, FullKey(key), UriOf(key)).RunAsync(path, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IByteSource> OpenAsync(string key, CancellationToken cancellationToken)
    {
        string full = FullKey(key);
        string uri = UriOf(key);
        var head = await connection.RunAsync($"opening '{uri}'", token => connection.Client.GetObjectMetadataAsync(bucket, full, token), cancellationToken).ConfigureAwait(false);
        return new CachedByteSource(new S3ByteSource(connection, uri, bucket, full, head.ContentLength, head.ETag));
    }

    /// <inheritdoc/>
    public async ValueTask<long?> GetSizeAsync(string key, CancellationToken cancellationToken)
    {
        string full = FullKey(key);
        try
        {
            return (await connection.RunAsync(
                $"looking for '{UriOf(key)}'", token => connection.Client.GetObjectMetadataAsync(bucket, full, token), cancellationToken).ConfigureAwait(false)).ContentLength;
        }
        catch (MeshException exception) when (exception.Code == "MESH8003")
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var entry in ListAllAsync(prefix, cancellationToken).ConfigureAwait(false))
        {
            if (!entry.Key.StartsWith(TemporaryFolder + "/", StringComparison.Ordinal)) yield return entry;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DeleteAsync(string key, CancellationToken cancellationToken)
    {
        string full = FullKey(key);
        await connection.RunAsync($"deleting '{UriOf(key)}'", token => connection.Client.DeleteObjectAsync(bucket, full, token), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => connection.Dispose();

    private string FullKey(string key)
    {
        ObjectKey.Validate(key);
        if (isProbed && (key == TemporaryFolder || key.StartsWith(TemporaryFolder + "/", StringComparison.Ordinal)))
        {
            throw new MeshException("MESH8001", $"'{key}' is not an object key: '{TemporaryFolder}' is for the store's own objects. Use another first segment.");
        }

        if (keyPrefix.Length > 0) ObjectKey.Validate(keyPrefix + key);
        return keyPrefix + key;
    }

    private void RequireProbed()
    {
        if (!isProbed) throw new InvalidOperationException($"{RootUri} was opened for reading.");
    }

    private async IAsyncEnumerable<ObjectEntry> ListAllAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = new ListObjectsV2Request { BucketName = bucket, Prefix = keyPrefix + prefix };
        do
        {
            var page = await connection.RunAsync(
                $"listing '{RootUri}/{prefix}'", token => connection.Client.ListObjectsV2Async(request, token), cancellationToken).ConfigureAwait(false);
            foreach (var entry in page.S3Objects ?? [])
            {
                // What ends with a slash is a folder that a console has drawn.
                if (entry.Key.EndsWith('/')) continue;
                yield return new ObjectEntry(
                    entry.Key[keyPrefix.Length..], entry.Size ?? 0, new DateTimeOffset((entry.LastModified ?? DateTime.UnixEpoch).ToUniversalTime()), entry.StorageClass?.Value ?? "STANDARD");
            }

            request.ContinuationToken = page.IsTruncated == true ? page.NextContinuationToken : null;
        }
        while (request.ContinuationToken is not null);
    }

    private async ValueTask SweepLeftoversAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        await foreach (var upload in S3Upload.ListAsync(connection, bucket, keyPrefix, cancellationToken).ConfigureAwait(false))
        {
            if (upload.Initiated?.ToUniversalTime() >= before.UtcDateTime) continue;
            try
            {
                var request = new AbortMultipartUploadRequest { BucketName = bucket, Key = upload.Key, UploadId = upload.UploadId };
                await connection.RunAsync($"giving up '{upload.Key}'", token => connection.Client.AbortMultipartUploadAsync(request, token), cancellationToken).ConfigureAwait(false);
            }
            catch (MeshException exception) when (exception.Code == "MESH8003")
            {
                // Gone already.
            }
        }

        await foreach (var entry in ListAllAsync(TemporaryFolder + "/", cancellationToken).ConfigureAwait(false))
        {
            if (entry.ModifiedAt >= before) continue;
            await connection.RunAsync($"deleting '{entry.Key}'", token => connection.Client.DeleteObjectAsync(bucket, keyPrefix + entry.Key, token), cancellationToken).ConfigureAwait(false);
        }
    }
}
