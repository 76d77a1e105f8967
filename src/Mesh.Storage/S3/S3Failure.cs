using System.Net;
using System.Net.Sockets;
using Amazon.Runtime;
using Mesh.Model;

namespace Mesh.Storage.S3;

/// <summary>What the SDK's exceptions mean: whether a repeat can help, and what a person should do.</summary>
internal static class S3Failure
{
    private static readonly HashSet<string> Passing = new(StringComparer.Ordinal)
    {
        "ConditionalRequestConflict", "OperationAborted", "RequestTimeout", "BadDigest", "SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded",
    };

    public static bool Is(Exception exception) =>
        exception is AmazonServiceException or AmazonClientException or HttpRequestException or IOException or TimeoutException or OperationCanceledException;

    public static bool MayPass(Exception exception) => exception switch
    {
        AmazonServiceException { StatusCode: HttpStatusCode.NotImplemented } => false,
        AmazonServiceException service when service.StatusCode != 0 =>
            (int)service.StatusCode >= 500 || service.StatusCode == HttpStatusCode.TooManyRequests || Passing.Contains(service.ErrorCode ?? ""),
        AmazonServiceException or AmazonClientException => IsConnection(exception.InnerException),
        HttpRequestException or IOException or TimeoutException => true,
        MeshException mesh => mesh.IsTransient,
        _ => false,
    };

    /// <summary>Whether there is no such object.</summary>
    public static bool IsAbsent(AmazonServiceException exception) =>
        exception.StatusCode == HttpStatusCode.NotFound && exception.ErrorCode is not "NoSuchBucket";

    public static MeshException Translate(Exception exception, string what)
    {
        if (exception is AmazonServiceException { StatusCode: not 0 } service)
        {
            string code = service.ErrorCode is { Length: > 0 } named ? $"{(int)service.StatusCode} {named}" : $"{(int)service.StatusCode}";
            if (IsAbsent(service)) return new MeshException("MESH8003", $"There is no such object: {what}.", innerException: exception);
            if (MayPass(exception))
            {
                return new MeshException("MESH8033", $"Failed while {what}: the store answers {code}. Check the store's health; the work is retried.", isTransient: true, exception);
            }

            return service.StatusCode switch
            {
                HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden =>
                    new MeshException("MESH8032", $"Not allowed: {what}: the store answers {code}. Check the credentials and what they may do in this bucket.", innerException: exception),
                HttpStatusCode.PreconditionFailed =>
                    new MeshException("MESH8036", $"The object was replaced while {what}. Read it again.", isTransient: true, exception),
                HttpStatusCode.NotFound =>
                    new MeshException("MESH8035", $"Failed while {what}: there is no such bucket. Make it, or correct the URI.", innerException: exception),
                _ => new MeshException("MESH8035", $"Failed while {what}: the store answers {code}: {service.Message} Check the URI, the region and the endpoint.", innerException: exception),
            };
        }

        if (exception is AmazonUnmarshallingException)
        {
            return new MeshException("MESH8035", $"Failed while {what}: the answer is not S3's: {exception.Message} Check the endpoint.", innerException: exception);
        }

        if (!MayPass(exception))
        {
            return new MeshException("MESH8032", $"Failed while {what}: {exception.Message} Give credentials by `storage.accessKey` and `storage.secretKey`, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or an AWS profile.", innerException: exception);
        }

        string reason = (exception.InnerException ?? exception).Message.TrimEnd('.');
        return new MeshException("MESH8033", $"Failed while {what}: the store cannot be reached: {reason}. Check `storage.endpoint` (or AWS_ENDPOINT_URL) and the network; the work is retried.", isTransient: true, exception);
    }

    private static bool IsConnection(Exception? exception) =>
        exception is HttpRequestException or IOException or SocketException or WebException or TimeoutException or OperationCanceledException
        || (exception?.InnerException is { } inner && IsConnection(inner));
}
