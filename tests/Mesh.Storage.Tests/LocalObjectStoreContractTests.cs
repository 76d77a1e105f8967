using Mesh.Testing;

namespace Mesh.Storage.Tests;

public sealed class LocalObjectStoreContractTests : ObjectStoreContractTests
{
    private readonly TemporaryFolder folder = new();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        folder.Dispose();
    }

    protected override Task<IObjectStore> OpenAsync() => Task.FromResult<IObjectStore>(new LocalObjectStore(folder["lake"]));

    protected override Task<int> LeftoversAsync() => Task.FromResult(Directory.GetFiles(folder["lake", ".tmp"]).Length);
}
