using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Mesh.Model;

namespace Mesh.Storage.S3;

/// <summary>
/// Finds out by trying whether a server keeps the promises that the lake's commits stand on: what was written is read at once and as it
/// was written, and a put on condition of absence never replaces. Leaves nothing behind.
/// </summary>
internal sealed class S3Probe(S3Connection connection, string bucket, string key, string rootUri)
{
    private static readonly byte[] First = "mesh probe: the first writer's bytes"u8.ToArray();
    private static readonly byte[] Second = "mesh probe: the bytes of the second"u8.ToArray();

    /// <exception cref="MeshException"><c>MESH8034</c> a promise is broken; those of <see cref="S3Connection.RunAsync"/>.</exception>
    public async ValueTask<ObjectStoreCapabilities> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await PutAsync(First, cancellationToken).ConfigureAwait(false);
            string tag = await RequireAsync(First, "what was written is not what is read back at once", cancellationToken).ConfigureAwait(false);
            connection.HasMd5Tags = tag == ContentMd5.Tag(ContentMd5.Of(First));
            if (await PutAsync(Second, cancellationToken).ConfigureAwait(false))
            {
                throw Refused("a put with `If-None-Match: *` replaced an object");
            }

            await RequireAsync(First, "a put that was answered with 412 replaced the object all the same", cancellationToken).ConfigureAwait(false);
            var listed = await connection.RunAsync(
                $"listing '{rootUri}'", token => connection.Client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = bucket, Prefix = key }, token), cancellationToken).ConfigureAwait(false);
            if (listed.S3Objects?.Count != 1) throw Refused("an object that was written is not listed");

            var capabilities = ObjectStoreCapabilities.ConditionalPut | ObjectStoreCapabilities.StorageClasses;
            if (await KnowsAsync(token => connection.Client.GetObjectTaggingAsync(new GetObjectTaggingRequest { BucketName = bucket, Key = key }, token), cancellationToken).ConfigureAwait(false))
            {
                capabilities |= ObjectStoreCapabilities.Tags;
            }

            if (await KnowsAsync(token => connection.Client.GetLifecycleConfigurationAsync(bucket, token), cancellationToken).ConfigureAwait(false))
            {
                capabilities |= ObjectStoreCapabilities.Lifecycle;
            }

            return capabilities;
        }
        finally
        {
            await RemoveAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Puts the probe unless it is there; false when the server says that it is.</summary>
    private async ValueTask<bool> PutAsync(byte[] content, CancellationToken cancellationToken)
    {
        try
        {
            await connection.SendAsync(
                async token =>
                {
                    using var stream = new MemoryStream(content, writable: false);
                    var request = new PutObjectRequest { BucketName = bucket, Key = key, InputStream = stream, UseChunkEncoding = false, IfNoneMatch = "*" };
                    return await connection.Client.PutObjectAsync(request, token).ConfigureAwait(false);
                },
                cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (AmazonServiceException exception) when (exception.StatusCode == HttpStatusCode.PreconditionFailed)
        {
            return false;
        }
        catch (Exception exception) when (exception is not MeshException && !cancellationToken.IsCancellationRequested && S3Failure.Is(exception))
        {
            throw S3Failure.Translate(exception, $"opening '{rootUri}'");
        }
    }

    /// <summary>The ETag of the probe, which must have these bytes.</summary>
    private async ValueTask<string> RequireAsync(byte[] expected, string fault, CancellationToken cancellationToken)
    {
        (byte[] Content, string Tag) probe;
        try
        {
            probe = await connection.RunAsync(
                $"opening '{rootUri}'",
                async token =>
                {
                    using var response = await connection.Client.GetObjectAsync(bucket, key, token).ConfigureAwait(false);
                    byte[] bytes = new byte[First.Length + Second.Length];
                    int read = await response.ResponseStream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, token).ConfigureAwait(false);
                    return (bytes[..read], ContentMd5.Unquoted(response.ETag));
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (MeshException exception) when (exception.Code == "MESH8003")
        {
            throw Refused(fault);
        }

        return probe.Content.AsSpan().SequenceEqual(expected) ? probe.Tag : throw Refused(fault);
    }

    /// <summary>Whether the server knows a request, whatever the answer about the bucket; not having the right to it is as good as not having it.</summary>
    private async ValueTask<bool> KnowsAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            await connection.SendAsync(call, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (AmazonServiceException exception) when (exception.StatusCode != 0 && !S3Failure.MayPass(exception))
        {
            return exception.ErrorCode is "NoSuchLifecycleConfiguration" or "NoSuchTagSet";
        }
        catch (Exception exception) when (exception is not MeshException && !cancellationToken.IsCancellationRequested && S3Failure.Is(exception))
        {
            throw S3Failure.Translate(exception, $"opening '{rootUri}'");
        }
    }

    private async ValueTask RemoveAsync()
    {
        try
        {
            await connection.Client.DeleteObjectAsync(bucket, key, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (S3Failure.Is(exception))
        {
            // Swept when the store is opened a day later.
        }
    }

    private MeshException Refused(string fault) => new(
        "MESH8034", $"The server of '{rootUri}' cannot hold a lake: {fault}. Two writers would overwrite each other's commits. Use AWS S3, Ceph RGW, or another store that keeps conditional puts.");
}
