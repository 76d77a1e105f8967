using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Lakehouse.Tests.Metadata;

public sealed class MetadataDatabaseTests : IDisposable
{
    private static readonly string[] First = ["CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL)"];
    private static readonly string[] Second = [First[0], "ALTER TABLE things ADD COLUMN colour TEXT NOT NULL DEFAULT 'grey'"];
    private readonly TemporaryFolder folder = new();
    private readonly MetadataDatabase database;

    public MetadataDatabaseTests() => database = MetadataDatabase.Open(folder["mesh.db"]);

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        database.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task The_promised_durability_settings_hold_on_every_connection()
    {
        string? mode = await database.ReadAsync(session => session.ScalarAsync<string>("PRAGMA journal_mode"), None);
        long synchronous = await database.WriteAsync(transaction => transaction.ScalarAsync<long>("PRAGMA synchronous"), None);
        long foreignKeys = await database.WriteAsync(transaction => transaction.ScalarAsync<long>("PRAGMA foreign_keys"), None);
        mode.ShouldBe("wal");
        synchronous.ShouldBe(2);
        foreignKeys.ShouldBe(1);
    }

    [Fact]
    public async Task Scripts_run_once_and_later_ones_upgrade_what_is_there()
    {
        database.Migrate("things", First);
        database.Migrate("things", First);
        await Add("a");
        database.Migrate("things", Second);
        (await database.ReadAsync(session => session.ScalarAsync<string>("SELECT name || colour FROM things"), None)).ShouldBe("agrey");
    }

    [Fact]
    public void A_script_that_fails_leaves_the_version_before_it()
    {
        database.Migrate("things", First);
        Should.Throw<Exception>(() => database.Migrate("things", [First[0], "CREATE TABLE x (a); INSERT INTO nowhere VALUES (1)"]));
        Should.NotThrow(() => database.Migrate("things", [First[0], "CREATE TABLE x (a)"]));
    }

    [Fact]
    public void A_database_of_a_newer_program_is_refused_also_for_reading()
    {
        database.Migrate("things", Second);
        Should.Throw<MeshException>(() => database.Migrate("things", First)).Code.ShouldBe("MESH8201");
        using var reader = MetadataDatabase.Open(folder["mesh.db"], readOnly: true);
        Should.Throw<MeshException>(() => reader.Migrate("things", First)).Code.ShouldBe("MESH8201");
    }

    [Fact]
    public async Task Work_that_throws_leaves_nothing_behind()
    {
        database.Migrate("things", First);
        await Should.ThrowAsync<InvalidOperationException>(async () => await database.WriteAsync(async transaction =>
        {
            await transaction.ExecuteAsync("INSERT INTO things (name) VALUES ('lost')");
            throw new InvalidOperationException();
        }, None));
        (await Count(database)).ShouldBe(0);
        await Add("kept");
        (await Count(database)).ShouldBe(1);
    }

    [Fact]
    public async Task Many_writers_take_turns_and_none_is_lost()
    {
        database.Migrate("things", First);
        using var other = MetadataDatabase.Open(folder["mesh.db"]);
        await Task.WhenAll(Enumerable.Range(0, 60).Select(i => Task.Run(() => (i % 2 == 0 ? database : other).WriteAsync(
            transaction => transaction.ExecuteAsync("INSERT INTO things (name) VALUES (@i)", new { i = $"{i}" }), None).AsTask(), None)));
        (await Count(database)).ShouldBe(60);
    }

    [Fact]
    public async Task A_reader_beside_a_writer_sees_committed_rows_and_cannot_write()
    {
        database.Migrate("things", First);
        await Add("a");
        using var reader = MetadataDatabase.Open(folder["mesh.db"], readOnly: true);
        (await Count(reader)).ShouldBe(1);
        await Add("b");
        (await Count(reader)).ShouldBe(2);
        (await Should.ThrowAsync<MeshException>(async () => await reader.WriteAsync(_ => Task.FromResult(0), None))).Code.ShouldBe("MESH8205");
        (await Should.ThrowAsync<MeshException>(async () => await reader.ReadAsync(session => session.ScalarAsync<long>("SELECT count(*) FROM absent"), None)))
            .Code.ShouldBe("MESH8205");
    }

    [Fact]
    public void A_missing_and_a_damaged_database_are_clear_errors()
    {
        Should.Throw<MeshException>(() => MetadataDatabase.Open(folder["absent.db"], readOnly: true)).Code.ShouldBe("MESH8200");
        File.WriteAllBytes(folder["damaged.db"], [.. Enumerable.Repeat((byte)7, 8192)]);
        Should.Throw<MeshException>(() => MetadataDatabase.Open(folder["damaged.db"])).Code.ShouldBe("MESH8204");
    }

    private ValueTask<int> Add(string name) => database.WriteAsync(
        transaction => transaction.ExecuteAsync("INSERT INTO things (name) VALUES (@name)", new { name }), None);

    private static ValueTask<long> Count(MetadataDatabase source) => source.ReadAsync(session => session.ScalarAsync<long>("SELECT count(*) FROM things"), None);
}
