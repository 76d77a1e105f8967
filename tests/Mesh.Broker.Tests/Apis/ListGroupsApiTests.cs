using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;
using Mesh.Broker.Tests.Support;

namespace Mesh.Broker.Tests.Apis;

public class ListGroupsApiTests
{
    [Theory]
    [InlineData(4, "", "g consumer Empty")]
    [InlineData(5, "", "g consumer Empty classic")]
    [InlineData(5, "Classic", "g consumer Empty classic")]
    [InlineData(5, "consumer", null)]
    public async Task Groups_are_listed_by_the_type_that_is_asked_for(short version, string type, string? expected)
    {
        await using var broker = await TestBroker.StartAsync();
        (await broker.Broker.State.Offsets.CommitAsync("g", [new OffsetChange("t", 0, new CommittedOffset(1, -1, ""))])).ShouldBeTrue();
        string[] types = type.Length == 0 ? [] : [type];

        var answer = await Asking.AskAsync(broker, "anybody", ApiKey.ListGroups, version, writer =>
        {
            writer.ArrayLength(0);
            if (version >= 5) writer.Array(types, static (inner, each) => inner.String(each));
            writer.Tags();
        });

        answer.Int32();
        answer.Error().ShouldBe(ErrorCode.None);
        answer.Array(group =>
        {
            string text = $"{group.String()} {group.String()} {group.String()}{(version >= 5 ? " " + group.String() : "")}";
            group.Tags();
            return text;
        }).ShouldBe(expected is null ? [] : [expected]);
    }
}
