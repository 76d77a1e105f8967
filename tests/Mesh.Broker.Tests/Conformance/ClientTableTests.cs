using Mesh.Testing;

namespace Mesh.Broker.Tests.Conformance;

/// <summary>The page about clients says what the suite shows, neither more nor less.</summary>
public class ClientTableTests
{
    private static readonly string Page = Path.Combine(Repository.Root, "docs", "kafka", "clients.md");

    [Fact]
    public async Task The_table_of_clients_is_that_of_the_suite()
    {
        string rendered = ClientTable.Render();
        if (Environment.GetEnvironmentVariable("MESH_WRITE_DOCS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Page)!);
            await File.WriteAllTextAsync(Page, rendered, TestContext.Current.CancellationToken);
        }

        (await File.ReadAllTextAsync(Page, TestContext.Current.CancellationToken)).ShouldBe(rendered);
    }

    [Fact]
    public void Every_client_is_told_to_be_of_a_known_version_and_reasons_are_for_capabilities_there_are()
    {
        var capabilities = Capability.All.Select(each => each.Name).ToList();

        capabilities.ShouldBeUnique();
        foreach (string client in ClientMatrix.Names)
        {
            ClientMatrix.VersionOf(client).ShouldNotBeEmpty();
            ClientMatrix.MissingOf(client).ShouldBeSubsetOf(capabilities);
        }
    }
}
