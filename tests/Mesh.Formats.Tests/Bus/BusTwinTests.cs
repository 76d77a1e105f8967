using Mesh.Columnar;
using Mesh.Formats.Bus;
using Mesh.Formats.Messages;
using Mesh.Model;
using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Bus;

/// <summary>Real logs of CSS Electronics' loggers, against what other tools made of them.</summary>
public sealed class BusTwinTests
{
    private static readonly string[] Examples = ["CSS-Electronics_api-examples", "examples"];

    [Theory]
    [InlineData("00000164", "00000001-60FE3F04")]
    [InlineData("00000164", "00000002-60FE415D")]
    [InlineData("00000164", "00000004-60FEB585")]
    [InlineData("00000164", "00000005-60FEB5A8")]
    [InlineData("00000165", "00000003-60FEBB3B")]
    [InlineData("00000165", "00000004-60FEBD93")]
    [InlineData("00000165", "00000005-60FEBFEB")]
    public async Task A_raw_log_decodes_to_the_values_of_its_decoded_twin(string session, string name)
    {
        string folder = TestData.PathOf([.. Examples, "other", "matlab-basics"]);
        var database = BusDatabase.Parse("canmod-gps.dbc", File.ReadAllBytes(Path.Combine(folder, "dbc_files", "canmod-gps.dbc")));
        var options = new RecordingReaderOptions { Databases = [new BusDatabaseBinding(database, 2)], Query = new RecordingQuery { Topics = ["can/2/*"] } };
        var raw = await ColumnsAsync(Path.Combine(folder, "LOG_datastore", "3BA199E2", session, name + ".MF4"), options);
        var twin = await ColumnsAsync(Path.Combine(folder, "LOG_mf4_decoded", "3BA199E2", session, name + ".mf4"), new RecordingReaderOptions());
        var mine = raw.Values.SelectMany(batch => batch.Schema.Fields.Zip(batch.Columns)).ToDictionary(pair => pair.First.Name, pair => pair.Second);
        int compared = 0;
        foreach (var (group, batch) in twin)
        {
            foreach (var (field, column) in batch.Schema.Fields.Zip(batch.Columns))
            {
                string signal = field.Name[(field.Name.LastIndexOf('.') + 1)..];
                if (!mine.TryGetValue(signal, out var own))
                {
                    // The tool kept what the database does not say.
                    (signal is "time" or "t" or "timestamps" or "Timestamp").ShouldBeTrue($"{group}: {field.Name}");
                    continue;
                }

                own.Length.ShouldBe(column.Length, $"{group}: {signal}");
                for (int i = 0; i < own.Length; i++)
                {
                    Number(own, i).ShouldBe(Number(column, i), 1e-9 * Math.Max(1, Math.Abs(Number(own, i))), $"{group}: {signal} at {i}");
                    compared++;
                }
            }
        }

        compared.ShouldBeGreaterThan(20_000);
    }

    [Fact]
    public async Task A_finalised_log_has_the_frames_of_the_log_as_it_was_recorded()
    {
        string folder = TestData.PathOf([.. Examples, "other", "matlab-basics"]);
        var raw = await Frames.ReadAsync(File.ReadAllBytes(Path.Combine(folder, "00000014.MF4")));
        var finalised = await Frames.ReadAsync(File.ReadAllBytes(Path.Combine(folder, "00000014_fin.MF4")));
        raw.Lines.Count.ShouldBe(28_721);
        finalised.Lines.Order(StringComparer.Ordinal).ShouldBe(raw.Lines.Order(StringComparer.Ordinal));
        raw.Losses.ShouldBeEmpty();
        finalised.Losses.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_real_transport_log_gives_its_parameter_groups_whole()
    {
        string folder = TestData.PathOf([.. Examples, "data-processing"]);
        var database = BusDatabase.Parse("tp_j1939.dbc", File.ReadAllBytes(Path.Combine(folder, "dbc_files", "tp_j1939.dbc")));
        byte[] file = File.ReadAllBytes(TestData.PathOf([.. Examples, "other", "matlab-basics", "LOG", "11111111", "00000012", "00000001.MF4"]));
        var (all, _) = await Frames.ReadAsync(file);
        int announcements = all.Count(line => line.EndsWith("data=20270006ffe3fe00", StringComparison.Ordinal));
        announcements.ShouldBe(25);
        var options = new RecordingReaderOptions { Databases = [new BusDatabaseBinding(database, null)], Query = new RecordingQuery { Topics = ["can/*/EC1"] } };
        var (groups, losses) = await Frames.ReadAsync(file, options);
        losses.ShouldBeEmpty();
        groups.Count.ShouldBe(announcements);
        groups.ShouldAllBe(line => line.Contains("/EC1 source_address=0 destination_address=255 priority=7 EngineSpeedAtPoint5=", StringComparison.Ordinal) || line.Contains("/EC1 destination", StringComparison.Ordinal));

        // Bytes 12 and 13 of each group are bytes 5 and 6 of its second packet.
        string[] seconds = [.. all.Where(line => line.Contains(" id=1cebff00 ", StringComparison.Ordinal) && line.Contains("data=02", StringComparison.Ordinal))];
        var speeds = seconds.Select(line => Convert.FromHexString(line[(line.LastIndexOf('=') + 1)..])).Select(data => (data[6] | (data[7] << 8)) * 0.125).ToHashSet();
        groups.Select(line => double.Parse(line.AsSpan(line.LastIndexOf('=') + 1), System.Globalization.CultureInfo.InvariantCulture)).ShouldAllBe(speed => speeds.Contains(speed));
    }

    [Theory]
    [InlineData("bus_can_sd.mf4", 64)]
    [InlineData("bus_can_hldz.mf4", 64)]
    [InlineData("bus_lin_mlsd.mf4", 64)]
    [InlineData("bus_flexray_mlsd.mf4", 64)]
    [InlineData("bus_eth_sd.mf4", 64)]
    [InlineData("mdflib_can_fixed.mf4", 300)]
    [InlineData("mdflib_can_mlsd_dz.mf4", 300)]
    [InlineData("mdflib_can_vlsd.mf4", 300)]
    [InlineData("mdflib_can_lin_eth.mf4", 360)]
    [InlineData("mdflib_lin_vlsd.mf4", 200)]
    [InlineData("mdflib_eth_mlsd_dz.mf4", 120)]
    public async Task Generated_bus_logs_are_frames_only(string file, int count)
    {
        var (lines, losses) = await Frames.ReadAsync(File.ReadAllBytes(TestData.PathOf("generated", "mdf4", file)));
        losses.ShouldBeEmpty();
        lines.Count.ShouldBe(count);
        string[] buses = ["can/", "lin/", "flexray/", "ethernet/"];
        lines.ShouldAllBe(line => buses.Any(bus => line.Contains(" " + bus, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_same_can_frames_stored_in_every_way_are_the_same()
    {
        var (mlsd, _) = await Frames.ReadAsync(File.ReadAllBytes(TestData.PathOf("generated", "mdf4", "mdflib_can_mlsd.mf4")));
        foreach (string file in (string[])["mdflib_can_mlsd_dz.mf4", "mdflib_can_vlsd.mf4"])
        {
            var (lines, _) = await Frames.ReadAsync(File.ReadAllBytes(TestData.PathOf("generated", "mdf4", file)));
            lines.Select(line => line[line.IndexOf(' ', StringComparison.Ordinal)..]).Order(StringComparer.Ordinal)
                .ShouldBe(mlsd.Select(line => line[line.IndexOf(' ', StringComparison.Ordinal)..]).Order(StringComparer.Ordinal), file);
        }
    }

    private static double Number(ColumnVector column, int index) => column.IsNull(index) ? double.NaN : column.Type.Kind switch
    {
        TypeKind.Int32 => column.Values<int>()[index],
        TypeKind.Int64 => column.Values<long>()[index],
        TypeKind.Float32 => column.Values<float>()[index],
        TypeKind.Float64 => column.Values<double>()[index],
        _ => throw new NotSupportedException(column.Type.ToString()),
    };

    private static async Task<Dictionary<string, RecordBatch>> ColumnsAsync(string path, RecordingReaderOptions options)
    {
        var builders = new Dictionary<int, (MessageDecoder Decoder, StructBuilder Builder)>();
        await using var reader = await RecordingFormats.OpenAsync(new MemoryByteSource(File.ReadAllBytes(path)), options, TestContext.Current.CancellationToken);
        while (await reader.ReadBlockAsync(TestContext.Current.CancellationToken) is { } block)
        {
            foreach (var message in block.Messages.ToArray())
            {
                if (!builders.TryGetValue(message.ChannelIndex, out var entry))
                {
                    var channel = reader.Channels[message.ChannelIndex];
                    var decoder = MessageDecoders.Create(channel.MessageEncoding, channel.Schema);
                    builders[message.ChannelIndex] = entry = (decoder, new StructBuilder(decoder.Type));
                }

                entry.Decoder.Decode(block[message], [.. entry.Builder.Children]);
                entry.Builder.EndStruct();
            }
        }

        reader.Losses.ShouldBeEmpty();
        return builders.ToDictionary(pair => reader.Channels[pair.Key].Topic, pair => pair.Value.Builder.BuildBatch());
    }
}
