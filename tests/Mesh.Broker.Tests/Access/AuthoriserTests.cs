using Mesh.Broker.Access;
using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Broker.Tests.Access;

public sealed class AuthoriserTests : IDisposable
{
    private static readonly Principal Alice = new("alice", "10.0.0.1");
    private static readonly Principal Bob = new("bob", "10.0.0.2");

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Deny_wins_over_allow_and_a_prefix_over_nothing()
    {
        var authoriser = await WithAsync(
            Topic("fleet.", AclPatternType.Prefixed, "User:*", AclOperation.Read),
            Topic("fleet.secret", AclPatternType.Literal, "User:bob", AclOperation.Read, AclPermission.Deny));

        authoriser.AllowsTopic(Alice, AclOperation.Read, "fleet.secret").ShouldBeTrue();
        authoriser.AllowsTopic(Bob, AclOperation.Read, "fleet.secret").ShouldBeFalse();
        authoriser.AllowsTopic(Bob, AclOperation.Read, "fleet.open").ShouldBeTrue();
        authoriser.AllowsTopic(Bob, AclOperation.Read, "flee").ShouldBeFalse();
        authoriser.AllowsTopic(Bob, AclOperation.Write, "fleet.open").ShouldBeFalse();
    }

    [Theory]
    [InlineData("Read", "Describe", true)]
    [InlineData("Write", "Describe", true)]
    [InlineData("Delete", "Describe", true)]
    [InlineData("Alter", "Describe", true)]
    [InlineData("AlterConfigs", "DescribeConfigs", true)]
    [InlineData("All", "AlterConfigs", true)]
    [InlineData("Create", "Describe", false)]
    [InlineData("Describe", "Read", false)]
    [InlineData("DescribeConfigs", "AlterConfigs", false)]
    public async Task Allowing_allows_what_cannot_be_done_without(string given, string wanted, bool allowed)
    {
        var authoriser = await WithAsync(Topic("t", AclPatternType.Literal, "User:alice", Enum.Parse<AclOperation>(given)));

        authoriser.AllowsTopic(Alice, Enum.Parse<AclOperation>(wanted), "t").ShouldBe(allowed);
    }

    [Fact]
    public async Task Denying_denies_no_more_than_it_says()
    {
        var authoriser = await WithAsync(
            Topic("t", AclPatternType.Literal, "User:alice", AclOperation.All),
            Topic("*", AclPatternType.Literal, "User:alice", AclOperation.Read, AclPermission.Deny));

        authoriser.AllowsTopic(Alice, AclOperation.Read, "t").ShouldBeFalse();
        authoriser.AllowsTopic(Alice, AclOperation.Describe, "t").ShouldBeTrue();
    }

    [Fact]
    public async Task Hosts_and_super_users_are_told_apart()
    {
        var authoriser = await WithAsync(Topic("t", AclPatternType.Literal, "User:*", AclOperation.Read) with { Host = "10.0.0.1" });

        authoriser.AllowsTopic(Alice, AclOperation.Read, "t").ShouldBeTrue();
        authoriser.AllowsTopic(Bob, AclOperation.Read, "t").ShouldBeFalse();
        authoriser.AllowsTopic(new Principal("root", "10.0.0.9"), AclOperation.Delete, "anything").ShouldBeTrue();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_no_entry_is_about_is_open_or_closed_as_chosen(bool open)
    {
        using var store = await AclStore.OpenAsync(folder.Path);
        var authoriser = new Authoriser(store, [], open);
        authoriser.AllowsTopic(Alice, AclOperation.Read, "t").ShouldBe(open);

        await store.AddAsync([Topic("t", AclPatternType.Literal, "User:bob", AclOperation.Read)]);

        authoriser.AllowsTopic(Alice, AclOperation.Read, "t").ShouldBeFalse();
        authoriser.AllowsTopic(Alice, AclOperation.Read, "other").ShouldBe(open);
    }

    [Fact]
    public async Task A_producer_id_goes_to_whom_some_topic_is_open()
    {
        var authoriser = await WithAsync(
            Topic("a.", AclPatternType.Prefixed, "User:alice", AclOperation.Write),
            Topic("b", AclPatternType.Literal, "User:bob", AclOperation.Write),
            Topic("b", AclPatternType.Prefixed, "User:bob", AclOperation.Write, AclPermission.Deny));

        authoriser.AllowsWritingSomewhere(Alice).ShouldBeTrue();
        authoriser.AllowsWritingSomewhere(Bob).ShouldBeFalse();
        authoriser.AllowsWritingSomewhere(new Principal("carol", "10.0.0.3")).ShouldBeFalse();
    }

    [Fact]
    public async Task Entries_outlive_the_process_and_a_damaged_file_stops_the_start()
    {
        var entry = Topic("t", AclPatternType.Prefixed, "User:alice", AclOperation.Read);
        using (var store = await AclStore.OpenAsync(folder.Path)) (await store.AddAsync([entry, entry])).ShouldBeTrue();
        using (var store = await AclStore.OpenAsync(folder.Path))
        {
            store.Entries.ShouldBe([entry]);
            var any = new AclFilter(AclResourceType.Any, null, AclPatternType.Any, null, null, AclOperation.Any, AclPermission.Any);
            (await store.RemoveAsync([any, any])).Select(removed => removed.Count).ShouldBe([1, 0]);
        }

        using (var store = await AclStore.OpenAsync(folder.Path)) store.Entries.ShouldBeEmpty();
        File.WriteAllText(folder["acls.json"], "[{");
        (await Should.ThrowAsync<MeshException>(async () => await AclStore.OpenAsync(folder.Path))).Code.ShouldBe("MESH7004");
    }

    [Theory]
    [InlineData("Match", "fleet.cars", 3)]
    [InlineData("Any", "fleet.", 1)]
    [InlineData("Literal", "fleet.cars", 1)]
    [InlineData("Prefixed", null, 1)]
    [InlineData("Any", null, 3)]
    public void Filters_choose_by_pattern(string pattern, string? name, int expected)
    {
        AclEntry[] entries =
        [
            Topic("*", AclPatternType.Literal, "User:a", AclOperation.Read), Topic("fleet.", AclPatternType.Prefixed, "User:a", AclOperation.Read),
            Topic("fleet.cars", AclPatternType.Literal, "User:a", AclOperation.Read),
        ];

        entries.Count(new AclFilter(AclResourceType.Topic, name, Enum.Parse<AclPatternType>(pattern), null, null, AclOperation.Any, AclPermission.Any).Matches).ShouldBe(expected);
    }

    private static AclEntry Topic(string name, AclPatternType pattern, string principal, AclOperation operation, AclPermission permission = AclPermission.Allow) =>
        new(AclResourceType.Topic, name, pattern, principal, "*", operation, permission);

    private async Task<Authoriser> WithAsync(params AclEntry[] entries)
    {
        var store = await AclStore.OpenAsync(folder.Path);
        await store.AddAsync(entries);
        return new Authoriser(store, ["root"], allowWithoutEntry: false);
    }
}
