using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Mdf3;

public sealed class Mdf3DamageTests
{
    [Fact]
    public async Task A_file_cut_anywhere_gives_what_is_intact_and_says_what_is_not()
    {
        foreach (byte[] whole in new[] { Mdf3ReaderTests.Unsorted(1, false, 40), Mdf3ReaderTests.Unsorted(2, true, 40), await File.ReadAllBytesAsync(TestData.PathOf("generated", "mdf3", "hand_le_330.mdf"), TestContext.Current.CancellationToken) })
        {
            var complete = await MdfReading.ReadAsync(whole);
            for (int length = 16; length < whole.Length; length += 7)
            {
                MdfReading reading;
                try
                {
                    reading = await MdfReading.ReadAsync(whole[..length]);
                }
                catch (RecordingFormatException)
                {
                    length.ShouldBeLessThan(64 + 164 + 28);
                    continue;
                }

                reading.Losses.ShouldNotBeEmpty($"cut at {length}");
                foreach (var (channel, messages) in reading.Messages)
                {
                    var expected = complete.Of(channel);
                    messages.Count.ShouldBeLessThanOrEqualTo(expected.Count);
                    for (int i = 0; i < messages.Count; i++) messages[i].Payload.ShouldBe(expected[i].Payload, $"cut at {length}");
                }
            }
        }
    }

    [Fact]
    public async Task Records_before_the_cut_all_come_out()
    {
        byte[] whole = Mdf3ReaderTests.Unsorted(1, false, 40);
        var reading = await MdfReading.ReadAsync(whole[..^30]);
        reading.Count.ShouldBeInRange(57, 58);
        reading.Losses.Sum(loss => loss.Bytes).ShouldBeGreaterThanOrEqualTo(30);
    }

    [Fact]
    public async Task Groups_behind_a_broken_link_are_found_by_searching()
    {
        byte[] whole = Mdf3ReaderTests.Unsorted(1, false, 40);
        whole.AsSpan(64 + 4, 4).Fill(0xFF);
        var reading = await MdfReading.ReadAsync(whole);
        reading.Count.ShouldBe(60);
        reading.Losses.Select(loss => loss.Code).ShouldContain("MESH10260");
    }

    [Fact]
    public async Task Groups_in_a_circle_end()
    {
        var b = new Mdf3FileBuilder();
        int header = b.Header();
        int group = b.DataGroup(0, 0, 0, groups: 0);
        b.SetUInt32(group + 4, group);
        b.SetUInt32(header + 4, group);
        (await MdfReading.ReadAsync(b.ToArray())).Losses.Select(loss => loss.Code).ShouldContain("MESH10253");
    }

    [Fact]
    public async Task A_conversion_that_thousands_of_channels_share_does_not_fill_the_memory()
    {
        byte[] file = Mdf3ReaderTests.Build(330, b => b.Header(), (b, data) =>
        {
            int conversion = b.Numbers(1, [.. Enumerable.Range(0, 4000).Select(i => (double)i)]);
            int next = 0;
            for (int i = 0; i < 6000; i++) next = b.Channel(next, "c" + i, 0, 8, 0, conversion: conversion);
            return b.ChannelGroup(0, next, 1, 1);
        }, [1]);
        var reading = await MdfReading.ReadAsync(file);
        reading.Losses.ShouldHaveSingleItemOf("MESH10254");
        reading.Layout(0).Channels.Count.ShouldBe(6000);
    }

    [Fact]
    public async Task Mutated_recordings_never_throw_anything_else()
    {
        Require.AtLeast(TestLevel.Default);
        var random = new Random(31);
        string[] files = [.. Directory.GetFiles(TestData.PathOf("generated", "mdf3")), TestData.PathOf("danielhrisca_asammdf", "test.demo", "ASAP2_Demo_V161_3.20.mdf")];
        byte[][] seeds = [.. files.Select(File.ReadAllBytes), Mdf3ReaderTests.Unsorted(1, false, 100), Mdf3ReaderTests.Unsorted(2, true, 100)];
        for (int round = 0; round < 1500; round++)
        {
            byte[] bytes = Mutate(seeds[random.Next(seeds.Length)], random);
            try
            {
                var reading = await MdfReading.ReadAsync(bytes, new RecordingReaderOptions { MaxLosses = 50 });
                reading.Losses.Count.ShouldBeLessThanOrEqualTo(51, $"round {round}");
                reading.Count.ShouldBeLessThanOrEqualTo(bytes.Length, $"round {round}");
                await RecordingDoctor.ExamineAsync(new Model.MemoryByteSource(bytes, "mutated"), new RecordingReaderOptions(), TestContext.Current.CancellationToken);
            }
            catch (RecordingFormatException)
            {
                // The identification, or the header and every group, did not survive.
            }
        }
    }

    private static byte[] Mutate(byte[] valid, Random random)
    {
        byte[] bytes = [.. valid];
        for (int i = random.Next(1, 6); i > 0 && bytes.Length > 17; i--)
        {
            // Behind the mark of the format; half of the time where the definitions are dense.
            int at = random.Next(16, random.Next(2) == 0 ? Math.Min(bytes.Length, 2000) : bytes.Length);
            int length = Math.Min(random.Next(1, 40), bytes.Length - at);
            switch (random.Next(6))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: random.NextBytes(bytes.AsSpan(at, length)); break;
                case 2: bytes.AsSpan(at, length).Fill((byte)(random.Next(2) * 255)); break;
                case 3: bytes = bytes[..Math.Max(at, 1)]; break;
                case 4: bytes = [.. bytes[..at], .. bytes[(at + length)..]]; break;
                default: BitConverter.GetBytes(random.Next(bytes.Length)).AsSpan(0, Math.Min(4, bytes.Length - at)).CopyTo(bytes.AsSpan(at)); break;
            }
        }

        return bytes;
    }
}

file static class Losses
{
    public static void ShouldHaveSingleItemOf(this List<Model.DataLoss> losses, string code) => losses.Select(loss => loss.Code).Distinct().ShouldBe([code]);
}
