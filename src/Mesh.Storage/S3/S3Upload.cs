using System.Net;
using Amazon.Runtime;
using Amazon.S3.Model;
using Mesh.Model;

namespace Mesh.Storage.S3;

/// <summary>An upload in parts. Parts go side by side within the store's room for them; the object appears when it is completed.</summary>
internal sealed class S3Upload
{
    /// <summary>Most parts an upload may have.</summary>
    public const int MaxParts = 10_000;

    private readonly S3Connection connection;
    private readonly string bucket;
    private readonly string key;
    private readonly string uri;
    private readonly string uploadId;
    private readonly SortedDictionary<int, (string Tag, byte[] Md5)> parts = [];

    private S3Upload(S3Connection connection, string bucket, string key, string uri, string uploadId)
    {
        this.connection = connection;
        this.bucket = bucket;
        this.key = key;
        this.uri = uri;
        this.uploadId = uploadId;
    }

    public static async ValueTask<S3Upload> BeginAsync(S3Connection connection, string bucket, string key, string uri, CancellationToken cancellationToken)
    {
        var request = new InitiateMultipartUploadRequest { BucketName = bucket, Key = key, ContentType = "application/octet-stream" };
        var answer = await connection.RunAsync(
            $"beginning '{uri}'", token => connection.Client.InitiateMultipartUploadAsync(request, token), cancellationToken).ConfigureAwait(false);
        return new S3Upload(connection, bucket, key, uri, answer.UploadId);
    }

    /// <summary>The youngest unfinished upload of a key, with the sizes and MD5s of its parts; null when there is none to go on with.</summary>
    public static async ValueTask<(S3Upload Upload, IReadOnlyList<(int Number, long Bytes, string Tag)> Parts)?> FindAsync(
        S3Connection connection, string bucket, string key, string uri, CancellationToken cancellationToken)
    {
        MultipartUpload? youngest = null;
        await foreach (var upload in ListAsync(connection, bucket, key, cancellationToken).ConfigureAwait(false))
        {
            if (upload.Key == key && (youngest is null || upload.Initiated > youngest.Initiated)) youngest = upload;
        }

        if (youngest is null) return null;
        var present = new List<(int, long, string)>();
        var request = new ListPartsRequest { BucketName = bucket, Key = key, UploadId = youngest.UploadId };
        while (true)
        {
            ListPartsResponse page;
            try
            {
                page = await connection.RunAsync($"resuming '{uri}'", token => connection.Client.ListPartsAsync(request, token), cancellationToken).ConfigureAwait(false);
            }
            catch (MeshException exception) when (exception.Code == "MESH8003")
            {
                // Given up or completed by another since the listing.
                return null;
            }

            foreach (var part in page.Parts ?? []) present.Add((part.PartNumber ?? 0, part.Size ?? 0, ContentMd5.Unquoted(part.ETag)));
            if (page.IsTruncated != true) break;
            request.PartNumberMarker = page.NextPartNumberMarker?.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        return (new S3Upload(connection, bucket, key, uri, youngest.UploadId), present);
    }

    /// <summary>Unfinished uploads of keys with a prefix.</summary>
    public static async IAsyncEnumerable<MultipartUpload> ListAsync(
        S3Connection connection, string bucket, string prefix, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = new ListMultipartUploadsRequest { BucketName = bucket, Prefix = prefix };
        while (true)
        {
            var page = await connection.RunAsync(
                $"listing unfinished uploads in '{bucket}'", token => connection.Client.ListMultipartUploadsAsync(request, token), cancellationToken).ConfigureAwait(false);
            foreach (var upload in page.MultipartUploads ?? []) yield return upload;
            if (page.IsTruncated != true) yield break;
            (request.KeyMarker, request.UploadIdMarker) = (page.NextKeyMarker, page.NextUploadIdMarker);
        }
    }

    /// <summary>Takes a part for sent that the store has already.</summary>
    public void Adopt(int number, string tag, byte[] md5)
    {
        lock (parts) parts[number] = (tag, md5);
    }

    /// <summary>Sends a part; safe beside others of the same upload. The room for it has been taken.</summary>
    public async Task SendAsync(int number, byte[] buffer, int count, CancellationToken cancellationToken)
    {
        byte[] md5 = ContentMd5.Of(buffer.AsSpan(0, count));
        var answer = await connection.RunAsync(
            $"writing part {number} of '{uri}'",
            async token =>
            {
                using var stream = new MemoryStream(buffer, 0, count, writable: false);
                var request = new UploadPartRequest
                {
                    BucketName = bucket,
                    Key = key,
                    UploadId = uploadId,
                    PartNumber = number,
                    InputStream = stream,
                    PartSize = count,
                    UseChunkEncoding = false,
                    MD5Digest = Convert.ToBase64String(md5),
                };
                return await connection.Client.UploadPartAsync(request, token).ConfigureAwait(false);
            },
            cancellationToken,
            count).ConfigureAwait(false);
        if (connection.HasMd5Tags && ContentMd5.Unquoted(answer.ETag) != ContentMd5.Tag(md5)) throw S3Put.Differs(uri, ContentMd5.Tag(md5), answer.ETag);
        Adopt(number, answer.ETag, md5);
    }

    /// <summary>Makes the object appear.</summary>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        var request = new CompleteMultipartUploadRequest
        {
            BucketName = bucket, Key = key, UploadId = uploadId, PartETags = [.. parts.Select(part => new PartETag(part.Key, part.Value.Tag))],
        };
        string expected = ContentMd5.Tag([.. parts.Values.Select(part => part.Md5)]);
        try
        {
            await connection.SendAsync(token => connection.Client.CompleteMultipartUploadAsync(request, token), cancellationToken).ConfigureAwait(false);
        }
        catch (AmazonServiceException exception) when (exception.StatusCode == HttpStatusCode.NotFound && connection.HasMd5Tags)
        {
            // The upload is gone: a first attempt has completed it and its answer was lost, or somebody has given it up.
            if (await TagAsync(cancellationToken).ConfigureAwait(false) == expected) return;
            throw new MeshException("MESH8036", $"The upload of '{uri}' was given up by another process. Write it again.", isTransient: true, exception);
        }
        catch (Exception exception) when (exception is not MeshException && !cancellationToken.IsCancellationRequested && S3Failure.Is(exception))
        {
            throw S3Failure.Translate(exception, $"completing '{uri}'");
        }

        // Not every server states the ETag in its answer to the completion.
        if (!connection.HasMd5Tags) return;
        string? actual = await TagAsync(cancellationToken).ConfigureAwait(false);
        if (actual != expected) throw S3Put.Differs(uri, expected, actual);
    }

    /// <summary>Gives the upload up. What cannot be reached now is swept when the store is opened next.</summary>
    public async ValueTask AbortAsync()
    {
        try
        {
            await connection.RunAsync(
                $"giving up '{uri}'",
                token => connection.Client.AbortMultipartUploadAsync(new AbortMultipartUploadRequest { BucketName = bucket, Key = key, UploadId = uploadId }, token),
                CancellationToken.None).ConfigureAwait(false);
        }
        catch (MeshException)
        {
            // Swept later, or by the bucket's lifecycle rule.
        }
    }

    private async ValueTask<string?> TagAsync(CancellationToken cancellationToken)
    {
        try
        {
            return ContentMd5.Unquoted((await connection.RunAsync(
                $"completing '{uri}'", token => connection.Client.GetObjectMetadataAsync(bucket, key, token), cancellationToken).ConfigureAwait(false)).ETag);
        }
        catch (MeshException exception) when (exception.Code == "MESH8003")
        {
            return null;
        }
    }
}
