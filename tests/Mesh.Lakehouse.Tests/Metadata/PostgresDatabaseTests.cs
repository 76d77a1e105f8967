using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Lakehouse.Tests.Metadata;

/// <summary>What SQLite does by being one file of one process.</summary>
public sealed class PostgresDatabaseTests : IDisposable
{
    private static readonly string[] First = ["CREATE TABLE things (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE)"];
    private static readonly string[] Second = [First[0], "ALTER TABLE things ADD COLUMN colour TEXT NOT NULL DEFAULT 'grey'"];
    private readonly TestDatabase place = TestDatabase.Postgres();
    private readonly MetadataDatabase database;

    public PostgresDatabaseTests() => database = Open();

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public void Dispose() => database.Dispose();

    [Fact]
    public async Task Processes_that_start_at_once_run_every_script_once_and_later_scripts_upgrade_what_is_there()
    {
        var starting = Enumerable.Range(0, 8).Select(_ => Open()).ToList();
        await Task.WhenAll(starting.Select(async started =>
        {
            started.Migrate("things", First);
            await started.PrepareAsync(None);
        }));
        await Add(starting[0], "a");
        database.Migrate("things", Second);
        (await database.ReadAsync(session => session.ScalarAsync<string>("SELECT name || colour FROM things"), None)).ShouldBe("agrey");
        foreach (var started in starting) started.Dispose();
    }

    [Fact]
    public async Task A_script_that_fails_leaves_the_version_before_it()
    {
        database.Migrate("things", [First[0], "CREATE TABLE x (a TEXT); INSERT INTO nowhere VALUES (1)"]);
        await Should.ThrowAsync<Exception>(async () => await database.PrepareAsync(None));
        database.Migrate("things", [First[0], "CREATE TABLE x (a TEXT)"]);
        await database.PrepareAsync(None);
        await Add(database, "a");
        (await Count(database)).ShouldBe(1);
    }

    [Fact]
    public async Task A_database_of_a_newer_program_is_refused_also_for_reading()
    {
        database.Migrate("things", Second);
        await database.PrepareAsync(None);
        foreach (bool readOnly in (bool[])[false, true])
        {
            using var older = Open(readOnly);
            older.Migrate("things", First);
            (await Should.ThrowAsync<MeshException>(async () => await Count(older))).Code.ShouldBe("MESH8201");
        }
    }

    [Fact]
    public async Task A_reader_sees_committed_rows_and_cannot_write_and_a_schema_without_tables_says_so()
    {
        using var reader = Open(readOnly: true);
        reader.Migrate("things", First);
        (await Should.ThrowAsync<MeshException>(async () => await Count(reader))).Code.ShouldBe("MESH8205");
        database.Migrate("things", First);
        await Add(database, "a");
        (await Count(reader)).ShouldBe(1);
        (await Should.ThrowAsync<MeshException>(async () => await Add(reader, "b"))).Code.ShouldBe("MESH8205");
    }

    [Fact]
    public async Task Work_that_decides_by_what_it_has_read_decides_as_if_it_were_alone()
    {
        // Each adds the next number. Without serialisable transactions two would read the same highest one.
        database.Migrate("numbers", ["CREATE TABLE numbers (number INTEGER NOT NULL)"]);
        await database.PrepareAsync(None);
        using var other = Open();
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(async () => await (i % 2 == 0 ? database : other).WriteAsync(async transaction =>
        {
            long highest = await transaction.ScalarAsync<long>("SELECT COALESCE(MAX(number), 0) FROM numbers");
            await transaction.ExecuteAsync("INSERT INTO numbers VALUES (@next)", new { next = highest + 1 });
        }, None), None)));
        var numbers = await database.ReadAsync(session => session.QueryAsync<long>("SELECT number FROM numbers ORDER BY number"), None);
        numbers.ShouldBe(Enumerable.Range(1, 40).Select(number => (long)number));
    }

    [Fact]
    public async Task Reads_of_one_session_belong_to_one_moment()
    {
        database.Migrate("things", First);
        await Add(database, "a");
        (long before, long after) = await database.ReadAsync(async session =>
        {
            long first = await session.ScalarAsync<long>("SELECT count(*) FROM things");
            await Add(database, "b");
            return (first, await session.ScalarAsync<long>("SELECT count(*) FROM things"));
        }, None);
        (before, after).ShouldBe((1, 1));
        (await Count(database)).ShouldBe(2);
    }

    [Fact]
    public async Task Events_of_a_key_become_visible_in_the_order_of_their_ids()
    {
        using var outbox = new Outbox(database);
        Task? second = null;
        await database.WriteAsync(async transaction =>
        {
            await Outbox.AddAsync(transaction, "t", "k", "first", []);
            second ??= database.WriteAsync(later => Outbox.AddAsync(later, "t", "k", "second", []), None).AsTask();
            // Another key is not held up.
            await database.WriteAsync(other => Outbox.AddAsync(other, "t", "other", "other", []), None);
            (await outbox.PeekAsync(10, None)).Select(entry => entry.EventType).ShouldBe(["other"]);
            second.IsCompleted.ShouldBeFalse();
        }, None);
        await second!;
        (await outbox.PeekAsync(10, None)).Where(entry => entry.Key == "k").Select(entry => entry.EventType).ShouldBe(["first", "second"]);
    }

    [Fact]
    public async Task A_duty_has_one_holder_and_passes_on_when_it_is_given_up()
    {
        using var other = Open();
        var held = await database.HoldAsync("duty", None);
        var waiting = other.HoldAsync("duty", None).AsTask();
        await (await other.HoldAsync("another duty", None)).DisposeAsync();
        await held.ConfirmAsync(None);
        waiting.IsCompleted.ShouldBeFalse();
        await held.DisposeAsync();
        await using var next = await waiting;
        await next.ConfirmAsync(None);
    }

    [Fact]
    public async Task A_wrong_password_an_unknown_database_and_a_server_that_is_not_there_are_clear_errors()
    {
        (await CodeOf(place.Connection + ";Password=wrong")).ShouldBe("MESH8206");
        (await CodeOf(place.Connection + ";Database=absent")).ShouldBe("MESH8206");
        (await CodeOf("Host=/nowhere;Password=hunter2")).ShouldBe("MESH8200");
        (await CodeOf("postgres://mesh:hunter2@127.0.0.1:1/mesh")).ShouldBe("MESH8200");

        async Task<string> CodeOf(string connection)
        {
            using var wrong = MetadataDatabase.Connect(connection, place.Schema);
            var error = await Should.ThrowAsync<MeshException>(async () => await wrong.PrepareAsync(None));
            error.IsTransient.ShouldBeFalse();
            error.Message.ShouldNotContain("hunter2");
            return error.Code;
        }
    }

    [Theory]
    [InlineData("postgres://us%40er:p%3Aw@db.example:6000/mesh%20lake?sslmode=verify-full", "postgres://us@er@db.example:6000/mesh lake")]
    [InlineData("postgresql://db.example/mesh", "postgres://db.example:5432/mesh")]
    [InlineData("Host=db;Database=mesh;Username=u;Password=hunter2", "postgres://u@db:5432/mesh")]
    public void A_connection_is_described_without_its_password(string connection, string described) =>
        PostgresConnection.Describe(connection).ShouldBe(described);

    [Theory]
    [InlineData("mesh.db")]
    [InlineData("Database=mesh;Password=hunter2")]
    [InlineData("Host=db;Pasword=hunter2")]
    [InlineData("postgres://u:hunter2@:x/")]
    [InlineData("postgres://u:hunter2@db/mesh?sslmode=hunter2")]
    public void A_connection_that_is_none_is_refused_without_repeating_its_password(string connection)
    {
        var error = Should.Throw<MeshException>(() => MetadataDatabase.Connect(connection));
        error.Code.ShouldBe("MESH8207");
        error.ToString().ShouldNotContain("hunter2");
        Should.Throw<MeshException>(() => MetadataDatabase.Connect("Host=db", "x; DROP SCHEMA public")).Code.ShouldBe("MESH8207");
    }

    [Fact]
    public async Task A_server_that_dies_is_a_transient_error_and_what_was_committed_is_there_when_it_is_back()
    {
        using var server = new PostgresServer();
        using var mine = MetadataDatabase.Connect(server.Connection, "mine");
        mine.Migrate("things", First);
        await Add(mine, "before");
        var duty = await mine.HoldAsync("duty", None);

        server.Kill();
        var error = await Should.ThrowAsync<MeshException>(async () => await Add(mine, "lost"));
        (error.Code, error.IsTransient).ShouldBe(("MESH8203", true));
        (await Should.ThrowAsync<MeshException>(async () => await Count(mine))).IsTransient.ShouldBeTrue();
        (await Should.ThrowAsync<MeshException>(async () => await duty.ConfirmAsync(None))).Code.ShouldBe("MESH8203");
        await duty.DisposeAsync();

        server.Start();
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                await Add(mine, "after");
                break;
            }
            catch (MeshException exception) when (exception.IsTransient && attempt < 100)
            {
                await Task.Delay(50, None);
            }
        }

        (await mine.ReadAsync(session => session.QueryAsync<string>("SELECT name FROM things ORDER BY id"), None)).ShouldBe(["before", "after"]);
        await (await mine.HoldAsync("duty", None)).DisposeAsync();
    }

    private MetadataDatabase Open(bool readOnly = false) => MetadataDatabase.Connect(place.Connection, place.Schema, readOnly);

    private static ValueTask<int> Add(MetadataDatabase target, string name) => target.WriteAsync(
        transaction => transaction.ExecuteAsync("INSERT INTO things (name) VALUES (@name)", new { name }), None);

    private static ValueTask<long> Count(MetadataDatabase target) => target.ReadAsync(session => session.ScalarAsync<long>("SELECT count(*) FROM things"), None);
}
