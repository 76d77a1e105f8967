namespace Mesh.Storage.S3;

/// <summary>Where an S3 store is and how much it does at once. Sizes in bytes.</summary>
public sealed record S3Options
{
    /// <summary>Server other than AWS, such as <c>http://ceph:7480</c> (default: <c>AWS_ENDPOINT_URL_S3</c>, <c>AWS_ENDPOINT_URL</c>, then AWS).</summary>
    public string? Endpoint { get; init; }

    /// <summary>Region (default: <c>AWS_REGION</c> and the AWS profile, then <c>us-east-1</c>).</summary>
    public string? Region { get; init; }

    /// <summary>Access key (default: the AWS environment variables, profile, or role of the machine).</summary>
    public S3Credentials? Credentials { get; init; }

    /// <summary>Size of a part of an upload (default: 8 MiB; S3 wants at least 5 MiB). An object being written may have 10,000 of them.</summary>
    public int PartBytes { get; init; } = 8 << 20;

    /// <summary>
    /// Bytes of parts on their way, of all objects together (default: 64 MiB). Writers wait while that much is under way; each holds one
    /// part more, which it is filling.
    /// </summary>
    public int MaxUploadBytes { get; init; } = 64 << 20;

    /// <summary>How often a request is repeated when its failure may pass (default: 6, which takes about 12 seconds).</summary>
    public int MaxRetries { get; init; } = 6;

    /// <summary>Wait before the first repeat; doubles up to 5 s, with jitter (default: 200 ms).</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Time a request may take, beside its bytes at 128 KiB/s (default: 30 s); then it counts as failed and is repeated.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Folder for large objects that must not replace another (default: the system's temporary folder).</summary>
    public string SpoolFolder { get; init; } = Path.GetTempPath();
}
