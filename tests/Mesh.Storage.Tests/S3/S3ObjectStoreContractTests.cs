namespace Mesh.Storage.Tests.S3;

/// <summary>The contract on Ceph's gateway, under a prefix of a bucket of each test's own.</summary>
public sealed class S3ObjectStoreContractTests : ObjectStoreContractTests
{
    private GatewayBucket bucket = null!;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        bucket?.Dispose();
    }

    protected override async Task<IObjectStore> OpenAsync()
    {
        bucket = await GatewayBucket.MakeAsync();
        return await bucket.OpenAsync("fleet/lake");
    }

    protected override Task<int> LeftoversAsync() => bucket.CountUnfinishedAsync();
}
