using System.Net;
using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using Mesh.Model;
using Polly;
using Polly.Retry;

namespace Mesh.Storage.S3;

/// <summary>
/// A client with the one retry policy: failures that may pass are repeated with growing, jittered waits, then become a transient
/// <see cref="MeshException"/>. The SDK's own retries are off, because they end with the response's headers, not with its bytes.
/// </summary>
internal sealed class S3Connection : IDisposable
{
    private const int SlowestBytesPerSecond = 128 << 10;

    /// <summary>Ranged reads under way at once, of all objects together.</summary>
    private const int MaxReads = 16;

    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(5);

    private readonly S3Options options;
    private readonly S3Http http = new();
    private readonly ResiliencePipeline retries;

    public S3Connection(S3Options options, TimeProvider time)
    {
        this.options = options;
        Client = MakeClient(options, http);
        Reads = new SemaphoreSlim(MaxReads, MaxReads);
        Uploads = new UploadSlots(options.MaxUploadBytes);
        retries = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = arguments => ValueTask.FromResult(arguments.Outcome.Exception is { } exception && S3Failure.MayPass(exception) && !arguments.Context.CancellationToken.IsCancellationRequested),
                MaxRetryAttempts = options.MaxRetries,
                Delay = options.RetryDelay,
                MaxDelay = MaxRetryDelay,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
            })
            .Build();
    }

    public AmazonS3Client Client { get; }

    /// <summary>Address of a server other than AWS, without user and password; null for AWS.</summary>
    public string? Endpoint => Client.Config.ServiceURL is { Length: > 0 } url
        ? new Uri(url).GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped).TrimEnd('/')
        : null;

    /// <summary>Region that requests are signed for.</summary>
    public string Region => Client.Config.AuthenticationRegion is { Length: > 0 } region ? region : Client.Config.RegionEndpoint.SystemName;

    /// <summary>Places for ranged reads.</summary>
    public SemaphoreSlim Reads { get; }

    /// <summary>Room for parts on their way.</summary>
    public UploadSlots Uploads { get; }

    /// <summary>
    /// Whether the server gives the MD5 of the bytes as the ETag of an object; found out by the probe. Servers that encrypt with a key of
    /// their own do not, and then only the Content-MD5 of each request guards the bytes.
    /// </summary>
    public bool HasMd5Tags { get; set; }

    /// <summary>Runs a request with retries.</summary>
    /// <param name="what">For the error: <c>reading 's3://…'</c>.</param>
    /// <param name="call">One attempt; its token ends with the attempt's time.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <param name="bytes">Bytes the request moves.</param>
    /// <exception cref="MeshException"><c>MESH8003</c>, <c>MESH8032</c>, <c>MESH8033</c>, <c>MESH8035</c>, <c>MESH8036</c>.</exception>
    public async Task<T> RunAsync<T>(string what, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken, long bytes = 0)
    {
        try
        {
            return await SendAsync(call, cancellationToken, bytes).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not MeshException && !cancellationToken.IsCancellationRequested && S3Failure.Is(exception))
        {
            throw S3Failure.Translate(exception, what);
        }
    }

    /// <summary>As <see cref="RunAsync"/>, but with the SDK's exceptions, for those who know what an answer means.</summary>
    public async Task<T> SendAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken, long bytes = 0)
    {
        var time = options.RequestTimeout + TimeSpan.FromSeconds((double)bytes / SlowestBytesPerSecond);
        return await retries.ExecuteAsync(
            async token =>
            {
                using var attempt = CancellationTokenSource.CreateLinkedTokenSource(token);
                attempt.CancelAfter(time);
                try
                {
                    return await call(attempt.Token).ConfigureAwait(false);
                }
                catch (OperationCanceledException exception) when (!token.IsCancellationRequested)
                {
                    throw new TimeoutException($"no answer within {time.TotalSeconds:N0} s", exception);
                }
            },
            cancellationToken).ConfigureAwait(false);
    }

    public void Dispose()
    {
        Client.Dispose();
        http.Dispose();
        Reads.Dispose();
        Uploads.Dispose();
    }

    private static AmazonS3Client MakeClient(S3Options options, S3Http http)
    {
        var config = new AmazonS3Config
        {
            // Stores other than AWS refuse the trailing checksums that are the default otherwise.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            MaxErrorRetry = 0,
            Timeout = Timeout.InfiniteTimeSpan,
            HttpClientFactory = http,
        };
        string? region = options.Region ?? Environment.GetEnvironmentVariable("AWS_REGION");
        string? endpoint = options.Endpoint ?? Environment.GetEnvironmentVariable("AWS_ENDPOINT_URL_S3") ?? Environment.GetEnvironmentVariable("AWS_ENDPOINT_URL");
        if (endpoint is not null)
        {
            if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            {
                throw new MeshException("MESH8030", $"'{endpoint}' is not the address of a server: expected http://HOST:PORT or https://HOST. Correct `storage.endpoint` or AWS_ENDPOINT_URL.");
            }

            config.ServiceURL = endpoint;
            config.ForcePathStyle = true;
            config.AuthenticationRegion = region ?? "us-east-1";
        }
        else if (region is not null)
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(region);
        }
        else if (FallbackRegionFactory.GetRegionEndpoint() is null)
        {
            config.RegionEndpoint = RegionEndpoint.USEast1;
        }

        return options.Credentials is { } credentials
            ? new AmazonS3Client(new BasicAWSCredentials(credentials.AccessKey, credentials.SecretKey), config)
            : new AmazonS3Client(config);
    }
}
