using Mesh.Broker.Tests.Support;
using Mesh.Testing;

namespace Mesh.Broker.Tests.Clients;

/// <summary>@platformatic/kafka, which speaks the newest version of each request.</summary>
public class PlatformaticTests
{
    [Fact]
    public async Task Platformatic_copies_in_transactions_is_fenced_and_deletes_its_groups()
    {
        await using var broker = await TestBroker.StartAsync();

        var result = await NodeScript.RunAsync("kafka-platformatic-transactions.mjs", broker.Bootstrap);

        result.GetProperty("values").EnumerateArray().Select(value => value.GetString()).ShouldBe(["v0", "v1", "v2", "v3", "v4", "v5", "heir"]);
        result.GetProperty("offsets").EnumerateArray().Select(offset => offset.GetInt32()).ShouldBe([2, 2, 4, 6]);
        result.GetProperty("fenced").EnumerateArray().Select(code => code.GetString()).ShouldContain("PRODUCER_FENCED");
        result.GetProperty("described").EnumerateArray().Select(state => state.GetString()).ShouldBe(["Stable"]);
        result.GetProperty("groups").EnumerateArray().ShouldBeEmpty();
    }
}
