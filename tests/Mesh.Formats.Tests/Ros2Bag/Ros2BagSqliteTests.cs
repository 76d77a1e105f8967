using Mesh.Formats.Ros2Bag;
using Mesh.Model;
using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Ros2Bag;

/// <summary>Databases that SQLite itself writes in the test, row by row against what SQLite reads.</summary>
public sealed class Ros2BagSqliteTests
{
    [Theory]
    [InlineData(512, "UTF-8", 0)]
    [InlineData(1024, "UTF-16le", 1)]
    [InlineData(4096, "UTF-16be", 2)]
    [InlineData(65536, "UTF-8", 1)]
    public async Task Every_row_is_the_one_sqlite_reads(int pageSize, string encoding, int autoVacuum)
    {
        using var folder = new TemporaryFolder();
        string path = folder["bag.db3"];
        using (var connection = SqliteBags.Create(path, new SqliteBags.Layout { PageSize = pageSize, Encoding = encoding, AutoVacuum = autoVacuum }))
        {
            SqliteBags.Fill(connection, new Random(pageSize), 3000, maxBytes: 9000);
            SqliteBags.Execute(connection, "INSERT INTO messages (id, timestamp, topic_id, data) VALUES (100000, 5, 2, zeroblob(5000000))");
            SqliteBags.Execute(connection, "INSERT INTO messages (id, timestamp, topic_id, data) VALUES (9223372036854775807, 127, 1, x'00')");

            // Gaps, a freelist, and pages used anew.
            SqliteBags.Execute(connection, "DELETE FROM messages WHERE id BETWEEN 500 AND 1200");
            SqliteBags.Execute(connection, "INSERT INTO messages (id, timestamp, topic_id, data) VALUES (900, 9, 3, zeroblob(40000))");
        }

        var read = await BagReading.FileAsync(path);
        var expected = SqliteBags.Read(path);
        expected.Count.ShouldBeGreaterThan(2000);
        read.Losses.ShouldBeEmpty();
        SqliteBags.Describe(read).ShouldBe(SqliteBags.Describe(expected));
        read.Summary!.Messages.ShouldBe(expected.Count);
        read.Summary.StartTimeNs.ShouldBe(5UL);
        read.Summary.EndTimeNs.ShouldBe((ulong)expected.Max(row => row.Timestamp));
        read.Channels.Select(channel => channel.Topic).ShouldBe(["/a", "/b/ü", "/c"]);
        read.Channels[1].Metadata["offered_qos_profiles"].ShouldBe(new string('q', 700));
    }

    [Theory]
    [InlineData(512)]
    [InlineData(4096)]
    [InlineData(65536)]
    public async Task A_log_beside_the_database_counts_up_to_its_last_commit(int pageSize)
    {
        using var folder = new TemporaryFolder();
        string path = folder["bag.db3"];
        using var connection = SqliteBags.Create(path, new SqliteBags.Layout { PageSize = pageSize, JournalMode = "WAL" });
        var random = new Random(pageSize);
        SqliteBags.Fill(connection, random, 300, 3000);
        SqliteBags.Execute(connection, "PRAGMA wal_checkpoint(RESTART)");
        SqliteBags.Fill(connection, random, 200, 3000);
        await CompareAsync(path, 500);

        // A second round of the log, shorter than the first: frames of the first are still behind it.
        SqliteBags.Execute(connection, "PRAGMA wal_checkpoint(RESTART)");
        SqliteBags.Fill(connection, random, 20, 300);
        await CompareAsync(path, 520);

        // Frames of a transaction that has spilled but not committed do not count.
        SqliteBags.Execute(connection, "PRAGMA cache_size=5");
        long before = new FileInfo(path + "-wal").Length;
        SqliteBags.Execute(connection, "BEGIN");
        SqliteBags.Insert(connection, random, 400, 20000, 1_800_000_000_000_000_000);
        new FileInfo(path + "-wal").Length.ShouldBeGreaterThan(before);
        await CompareAsync(path, 520);
        SqliteBags.Execute(connection, "COMMIT");
        await CompareAsync(path, 920);
        SqliteBags.Execute(connection, "PRAGMA wal_checkpoint(PASSIVE)");
        await CompareAsync(path, 920);
    }

    [Fact]
    public async Task Nothing_is_written_beside_a_bag_in_write_ahead_mode()
    {
        using var folder = new TemporaryFolder();
        File.Copy(TestData.PathOf("generated", "db3/wal_missing/walmissing_0.db3"), folder["bag.db3"]);
        var read = await BagReading.FileAsync(folder["bag.db3"]);
        read.Messages.Count.ShouldBe(40);
        Directory.GetFiles(folder.Path).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_damaged_frame_before_a_commit_of_the_log_is_a_loss()
    {
        using var folder = new TemporaryFolder();
        string path = folder["bag.db3"];
        using var connection = SqliteBags.Create(path, new SqliteBags.Layout { JournalMode = "WAL" });
        SqliteBags.Fill(connection, new Random(1), 50, 500);
        SqliteBags.Execute(connection, "PRAGMA wal_checkpoint(RESTART)");
        SqliteBags.Fill(connection, new Random(2), 50, 500);
        byte[] log = await ReadSharedAsync(path + "-wal");
        log[32 + 24 + 100] ^= 1;
        File.Copy(path, folder["damaged.db3"]);
        await File.WriteAllBytesAsync(folder["damaged.db3-wal"], log, TestContext.Current.CancellationToken);

        var read = await BagReading.FileAsync(folder["damaged.db3"]);
        read.Messages.Count.ShouldBe(50);
        var loss = read.Losses.ShouldHaveSingleItem();
        loss.Code.ShouldBe("MESH10455");
        loss.Offset.ShouldBe(32);
    }

    [Fact]
    public async Task Columns_are_found_by_name_in_any_order_and_later_ones_are_used()
    {
        using var folder = new TemporaryFolder();
        string path = folder["bag.db3"];
        var layout = new SqliteBags.Layout
        {
            PageSize = 512,
            MessageColumns = "/* a, b */ \"data\" BLOB NOT NULL, id INTEGER PRIMARY KEY, [timestamp] INTEGER NOT NULL, -- (when\n `topic_id` INTEGER DEFAULT (1), send_timestamp INTEGER, sequence_number INTEGER, CHECK (id > 0)",
        };
        using (var connection = SqliteBags.Create(path, layout))
        {
            SqliteBags.Execute(connection, "INSERT INTO messages (timestamp, topic_id, data, send_timestamp, sequence_number) VALUES (20, 2, zeroblob(3000), 19, 77)");
            SqliteBags.Execute(connection, "INSERT INTO messages (timestamp, topic_id, data) VALUES (30, 3, x'0001')");
        }

        var read = await BagReading.FileAsync(path);
        read.Losses.ShouldBeEmpty();
        read.Messages.Select(message => (message.Channel.Topic, message.LogTimeNs, message.PublishTimeNs, message.Sequence, message.Payload.Length))
            .ShouldBe([("/b/ü", 20UL, 19UL, 77U, 3000), ("/c", 30UL, 30UL, 0U, 2)]);
    }

    [Fact]
    public async Task A_time_before_1970_is_given_as_1970_and_reported()
    {
        using var folder = new TemporaryFolder();
        using (var connection = SqliteBags.Create(folder["bag.db3"], new SqliteBags.Layout()))
        {
            SqliteBags.Execute(connection, "INSERT INTO messages (timestamp, topic_id, data) VALUES (-5, 1, x'00'), (7, 1, x'00'), (-9, 1, x'00')");
        }

        var read = await BagReading.FileAsync(folder["bag.db3"]);
        read.Messages.Select(message => message.LogTimeNs).ShouldBe([0UL, 7UL, 0UL]);
        var loss = read.Losses.ShouldHaveSingleItem();
        loss.Code.ShouldBe("MESH10459");
        loss.Found.ShouldContain("2 earlier");
    }

    [Fact]
    public async Task Messages_of_a_topic_that_is_not_there_are_a_loss()
    {
        using var folder = new TemporaryFolder();
        using (var connection = SqliteBags.Create(folder["bag.db3"], new SqliteBags.Layout()))
        {
            SqliteBags.Execute(connection, "INSERT INTO messages (timestamp, topic_id, data) VALUES (1, 1, x'00'), (2, 9, x'0000'), (3, 9, x'0000'), (4, 1, 5), (5, 1, x'00')");
        }

        var read = await BagReading.FileAsync(folder["bag.db3"]);
        read.Messages.Select(message => message.LogTimeNs).ShouldBe([1UL, 5UL]);
        read.Losses.Select(loss => loss.Code).ShouldBe(["MESH10454", "MESH10456"]);
    }

    [Fact]
    public async Task What_is_not_asked_for_is_not_read()
    {
        using var folder = new TemporaryFolder();
        string path = folder["bag.db3"];
        using (var connection = SqliteBags.Create(path, new SqliteBags.Layout()))
        {
            for (int i = 0; i < 40; i++)
            {
                SqliteBags.Execute(connection, "INSERT INTO messages (timestamp, topic_id, data) VALUES ($0, 1, zeroblob(1000000))", 1000 + i);
                SqliteBags.Execute(connection, "INSERT INTO messages (timestamp, topic_id, data) VALUES ($0, 2, zeroblob(100))", 1000 + i);
            }
        }

        await using var source = new CountingSource(new MemoryByteSource(await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken), path));
        var options = new RecordingReaderOptions { Query = new RecordingQuery { Topics = ["/b/*"], StartTimeNs = 1010, EndTimeNs = 1029 } };
        var read = await BagReading.ReadAsync(await Ros2BagReader.OpenAsync(source, options, TestContext.Current.CancellationToken));
        read.Messages.Count.ShouldBe(20);
        read.Losses.ShouldBeEmpty();
        source.Length.ShouldBeGreaterThan(40_000_000);
        source.BytesRead.ShouldBeLessThan(source.Length / 4);
    }

    [Fact]
    public async Task A_database_that_is_no_bag_is_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        using (var connection = SqliteBags.Open(folder["other.db3"])) SqliteBags.Execute(connection, "CREATE TABLE songs(id INTEGER PRIMARY KEY, title TEXT)");
        var exception = await Should.ThrowAsync<RecordingFormatException>(() => BagReading.FileAsync(folder["other.db3"]));
        exception.Code.ShouldBe("MESH10450");
        exception.Message.ShouldContain("songs");
    }

    private static async Task CompareAsync(string path, int count)
    {
        // SQLite holds the files open without sharing where it can.
        string copy = Path.Combine(Path.GetDirectoryName(path)!, $"copy-{Guid.NewGuid():N}.db3");
        await File.WriteAllBytesAsync(copy, await ReadSharedAsync(path), TestContext.Current.CancellationToken);
        if (File.Exists(path + "-wal")) await File.WriteAllBytesAsync(copy + "-wal", await ReadSharedAsync(path + "-wal"), TestContext.Current.CancellationToken);
        var read = await BagReading.FileAsync(copy);
        var expected = SqliteBags.Read(copy);
        read.Losses.ShouldBeEmpty();
        expected.Count.ShouldBe(count);
        SqliteBags.Describe(read).ShouldBe(SqliteBags.Describe(expected));
    }

    private static async Task<byte[]> ReadSharedAsync(string path)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] bytes = new byte[file.Length];
        await file.ReadExactlyAsync(bytes, TestContext.Current.CancellationToken);
        return bytes;
    }

    private sealed class CountingSource(IByteSource inner) : IByteSource
    {
        public long BytesRead { get; private set; }

        public long Length => inner.Length;

        public string Name => inner.Name;

        public async ValueTask<int> ReadAtAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            BytesRead += buffer.Length;
            return await inner.ReadAtAsync(offset, buffer, cancellationToken);
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
