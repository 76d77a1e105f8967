using Mesh.Formats.Mcap;
using static Mesh.Decode.Tests.DecodeBench;

namespace Mesh.Decode.Tests;

/// <summary>Messages above <c>limits.maxMessage</c>.</summary>
public sealed class TooLongMessageTests : IDisposable
{
    private readonly DecodeBench bench = new();

    public void Dispose() => bench.Dispose();

    [Theory]
    [InlineData(false, McapCompression.None)]
    [InlineData(true, McapCompression.None)]
    [InlineData(true, McapCompression.Zstd)]
    public async Task They_are_dead_letters_that_refer_to_the_recording_and_the_others_are_rows(bool chunked, McapCompression compression)
    {
        byte[] recording = await bench.WriteAsync(
            async (writer, token) =>
            {
                ushort channel = AddPointChannel(writer, "/blob", "uint8[] data\n");
                for (uint i = 0; i < 5; i++) await writer.WriteMessageAsync(channel, i, StartNs + i, 0, Blob(i == 2 ? 3_000_000 : 1000), token);
            },
            new McapWriterOptions { UseChunks = chunked, Compression = compression });

        var batches = await bench.DecodeAsync(recording, new DecodeOptions { MaxMessageBytes = 1_000_000 });

        batches.SelectMany(batch => batch.Batch["sequence"].Values<long>().ToArray()).ShouldBe([0, 1, 3, 4]);
        var letter = bench.Letters.ShouldHaveSingleItem();
        (letter.Code, letter.Sequence, letter.LogTimeNs, letter.PayloadBytes).ShouldBe(("MESH2107", 2, StartNs + 2, 3_000_008));
        letter.Reason.ShouldContain("limits.maxMessage");
        letter.Payload.Length.ShouldBe(0);
        letter.PayloadUri.ShouldBe(bench.Landing.UriOf("r.mcap"));
        letter.PayloadOffset.ShouldBeGreaterThan(0);
        (bench.Account.MessagesIn, bench.Account.RowsOut, bench.Account.DeadLetters).ShouldBe((5, 4, 1));
        bench.Account.Losses.ShouldBeEmpty();
    }

    [Fact]
    public async Task They_do_not_pass_where_damage_fails_the_recording()
    {
        byte[] recording = await bench.WriteAsync(
            async (writer, token) => await writer.WriteMessageAsync(AddPointChannel(writer, "/blob", "uint8[] data\n"), 0, StartNs, 0, Blob(5000), token));

        var failure = await Should.ThrowAsync<Mesh.Model.MeshException>(() => bench.DecodeAsync(recording, new DecodeOptions { MaxMessageBytes = 1000, OnCorrupt = CorruptPolicy.Fail }));
        failure.Message.ShouldContain("MESH2107");
    }

    private static byte[] Blob(int bytes) => [0, 1, 0, 0, .. BitConverter.GetBytes(bytes), .. new byte[bytes]];
}
