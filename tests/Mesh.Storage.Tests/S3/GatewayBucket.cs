using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Mesh.Storage.S3;
using Mesh.Testing;

namespace Mesh.Storage.Tests.S3;

/// <summary>A new bucket on the gateway, with a client that sees it as it is.</summary>
internal sealed class GatewayBucket : IDisposable
{
    private GatewayBucket(string endpoint, string name)
    {
        Name = name;
        Options = new S3Options
        {
            Endpoint = endpoint,
            Region = "us-east-1",
            Credentials = new S3Credentials(CephGateway.AccessKey, CephGateway.SecretKey),
            PartBytes = 5 << 20,
            MaxUploadBytes = 15 << 20,
        };
        Client = new AmazonS3Client(new BasicAWSCredentials(CephGateway.AccessKey, CephGateway.SecretKey), new AmazonS3Config
        {
            ServiceURL = endpoint, ForcePathStyle = true, AuthenticationRegion = "us-east-1",
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED, ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        });
    }

    public string Name { get; }

    /// <summary>Options with the smallest parts there are.</summary>
    public S3Options Options { get; }

    public AmazonS3Client Client { get; }

    public static async Task<GatewayBucket> MakeAsync(CephGateway? gateway = null)
    {
        gateway ??= await CephGateway.SharedAsync();
        return new GatewayBucket(gateway.Endpoint, await gateway.NewBucketAsync());
    }

    public async Task<S3ObjectStore> OpenAsync(string prefix, S3Options? options = null, TimeProvider? time = null) =>
        await S3ObjectStore.OpenAsync($"s3://{Name}/{prefix}", options ?? Options, time ?? TimeProvider.System, TestContext.Current.CancellationToken);

    public async Task<int> CountUnfinishedAsync() =>
        (await Client.ListMultipartUploadsAsync(new ListMultipartUploadsRequest { BucketName = Name }, TestContext.Current.CancellationToken)).MultipartUploads?.Count ?? 0;

    public async Task<List<string>> KeysAsync() =>
        [.. ((await Client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = Name }, TestContext.Current.CancellationToken)).S3Objects ?? []).Select(entry => entry.Key)];

    public void Dispose() => Client.Dispose();
}
