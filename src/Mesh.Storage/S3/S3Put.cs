using System.Net;
using Amazon.Runtime;
using Amazon.S3.Model;
using Mesh.Model;

namespace Mesh.Storage.S3;

/// <summary>
/// Puts an object by one request, the only form whose condition (<c>If-None-Match: *</c>) every store holds to that passes the probe:
/// completing an upload in parts ignores it in some.
/// </summary>
internal sealed class S3Put(S3Connection connection, string bucket)
{
    /// <summary>Largest object of one request.</summary>
    public const long MaxBytes = 5L << 30;

    // A repeat after a lost answer finds the object of the first attempt; this mark tells it from another writer's.
    private const string WriterMark = "x-amz-meta-mesh-write";

    /// <param name="key">Key in the bucket.</param>
    /// <param name="uri">For messages.</param>
    /// <param name="open">The bytes, anew for each attempt; disposed after it.</param>
    /// <param name="bytes">How many there are.</param>
    /// <param name="md5">Their MD5.</param>
    /// <param name="replaces">Whether an existing object is replaced.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="MeshException"><c>MESH8002</c> it exists; those of <see cref="S3Connection.RunAsync"/>.</exception>
    public async ValueTask RunAsync(string key, string uri, Func<Stream> open, long bytes, byte[] md5, bool replaces, CancellationToken cancellationToken)
    {
        string writer = Guid.NewGuid().ToString("N");
        try
        {
            var answer = await connection.SendAsync(
                async token =>
                {
                    var stream = open();
                    await using (stream.ConfigureAwait(false))
                    {
                        var request = new PutObjectRequest
                        {
                            BucketName = bucket,
                            Key = key,
                            InputStream = stream,
                            AutoCloseStream = false,
                            UseChunkEncoding = false,
                            MD5Digest = Convert.ToBase64String(md5),
                            ContentType = "application/octet-stream",
                        };
                        request.Metadata.Add(WriterMark, writer);
                        if (!replaces) request.IfNoneMatch = "*";
                        return await connection.Client.PutObjectAsync(request, token).ConfigureAwait(false);
                    }
                },
                cancellationToken,
                bytes).ConfigureAwait(false);
            if (connection.HasMd5Tags && ContentMd5.Unquoted(answer.ETag) != ContentMd5.Tag(md5)) throw Differs(uri, ContentMd5.Tag(md5), answer.ETag);
        }
        catch (AmazonServiceException exception) when (!replaces && exception.StatusCode == HttpStatusCode.PreconditionFailed)
        {
            if (await IsByAsync(key, uri, writer, cancellationToken).ConfigureAwait(false)) return;
            throw new MeshException("MESH8002", $"Object '{uri}' exists already and must not be replaced. Choose another key.", innerException: exception);
        }
        catch (Exception exception) when (exception is not MeshException && !cancellationToken.IsCancellationRequested && S3Failure.Is(exception))
        {
            throw S3Failure.Translate(exception, $"writing '{uri}'");
        }
    }

    internal static MeshException Differs(string uri, string expected, string? actual) => new(
        "MESH8036", $"'{uri}' was written with ETag {expected} and the store holds {ContentMd5.Unquoted(actual)}: the bytes changed on the way. The work is retried; if it goes on, check the store.", isTransient: true);

    private async ValueTask<bool> IsByAsync(string key, string uri, string writer, CancellationToken cancellationToken)
    {
        try
        {
            var head = await connection.RunAsync(
                $"writing '{uri}'", token => connection.Client.GetObjectMetadataAsync(bucket, key, token), cancellationToken).ConfigureAwait(false);
            return head.Metadata[WriterMark] == writer;
        }
        catch (MeshException exception) when (exception.Code == "MESH8003")
        {
            // Somebody else's, deleted since.
            return false;
        }
    }
}
