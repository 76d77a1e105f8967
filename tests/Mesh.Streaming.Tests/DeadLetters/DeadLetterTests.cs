using System.Security.Cryptography;
using Google.Protobuf;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Kafka.Testing;
using Mesh.Streaming.DeadLetters;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Streaming.Tests.DeadLetters;

public class DeadLetterTests
{
    private static CancellationToken Timeout => TestContext.Current.CancellationToken;

    [Fact]
    public void The_id_is_the_hash_of_the_length_prefixed_coordinates()
    {
        byte[] fields = [0, 0, 0, 6, .. "decode"u8, 0, 0, 0, 2, .. "ab"u8, 0, 0, 0, 4, .. "/imu"u8, 0, 0, 0, 2, .. "-1"u8, 0, 0, 0, 8, .. "MESH2103"u8];

        DeadLetterSink.IdOf(Letter("decode", -1)).ShouldBe(Convert.ToHexStringLower(SHA256.HashData(fields)));
    }

    [Fact]
    public void Characters_moved_between_coordinates_make_another_letter() =>
        DeadLetterSink.IdOf(new DeadLetter { Stage = "a", IngestId = "bc" }).ShouldNotBe(DeadLetterSink.IdOf(new DeadLetter { Stage = "ab", IngestId = "c" }));

    [Fact]
    public async Task A_letter_written_twice_is_listed_once_and_letters_of_all_stages_are_found()
    {
        using var folder = new TemporaryFolder();
        await using var kafka = await EmbeddedKafka.StartAsync(folder.Path);
        await using var producer = new EventProducer(kafka.Options, NullLogger.Instance);
        await using var admin = new TopicAdmin(kafka.Options, NullLogger.Instance);
        var sink = new DeadLetterSink(producer);
        var reader = new DeadLetterReader(admin, NullLogger.Instance);

        await sink.WriteAsync(Letter("decode", 1), Timeout);
        await sink.WriteAsync(Letter("decode", 1), Timeout);
        await sink.WriteAsync(Letter("decode", 2), Timeout);
        await sink.WriteAsync(Letter("catalogue", -1), Timeout);
        await producer.PublishAsync(Topics.Uploads, "V1", new UploadAccepted(), Timeout);

        (await ListAsync(reader, null)).Select(letter => (letter.Stage, letter.Sequence)).ShouldBe([("catalogue", -1L), ("decode", 1L), ("decode", 2L)]);
        (await ListAsync(reader, "decode")).Select(letter => letter.Sequence).ShouldBe([1, 2]);
        (await ListAsync(reader, "trigger")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_payload_too_large_for_a_message_is_left_out_and_the_letter_says_so()
    {
        using var folder = new TemporaryFolder();
        await using var kafka = await EmbeddedKafka.StartAsync(folder.Path);
        await using var producer = new EventProducer(kafka.Options, NullLogger.Instance);
        await using var admin = new TopicAdmin(kafka.Options, NullLogger.Instance);
        var letter = Letter("decode", 1);
        letter.Payload = ByteString.CopyFrom(new byte[5_000_000]);

        await new DeadLetterSink(producer).WriteAsync(letter, Timeout);

        var read = (await ListAsync(new DeadLetterReader(admin, NullLogger.Instance), null)).ShouldHaveSingleItem();
        read.Payload.IsEmpty.ShouldBeTrue();
        read.Reason.ShouldContain("5,000,000 bytes");
        read.Channel.ShouldBe("/imu");
    }

    private static DeadLetter Letter(string stage, long sequence) =>
        new() { Stage = stage, IngestId = "ab", Channel = "/imu", Sequence = sequence, Code = "MESH2103", Reason = "why" };

    private static async Task<List<DeadLetter>> ListAsync(DeadLetterReader reader, string? stage)
    {
        List<DeadLetter> letters = [];
        await foreach (var letter in reader.ReadAsync(stage, Timeout)) letters.Add(letter);
        return letters;
    }
}
