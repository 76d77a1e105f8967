using System.Buffers.Binary;
using System.Text;
using Mesh.Formats.Bus;
using Mesh.Formats.Bus.Blf;
using Mesh.Formats.Mdf;
using Mesh.Model;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Bus;

public sealed class BusRecordingReaderTests
{
    private const string Engine = """
        BO_ 256 EngineData: 8 X
         SG_ Speed : 0|16@1+ (0.25,0) [0|0] "rpm" X
        BO_ 512 Later: 8 X
         SG_ a : 0|8@1+ (1,0) [0|0] "" X
        """;

    private const string Group = """
        BO_ 2566841342 EC1: 40 X
         SG_ First : 0|16@1+ (1,0) [0|0] "" X
         SG_ Far : 96|16@1+ (0.125,0) [0|0] "rpm" X
        BO_ 2364540158 EEC1: 8 X
         SG_ Speed : 24|16@1+ (0.125,0) [0|0] "rpm" X
        BA_DEF_ BO_ "VFrameFormat" ENUM "StandardCAN","ExtendedCAN","reserved","J1939PG";
        BA_DEF_DEF_ "VFrameFormat" "J1939PG";
        """;

    [Fact]
    public async Task Frames_a_database_knows_become_messages_and_the_others_stay()
    {
        var writer = new BlfWriter().Add(1, 10, BlfWriter.CanMessage(1, 0x100, [0x10, 0x27])).Add(1, 20, BlfWriter.CanMessage(1, 0x300, [1]))
            .Add(1, 30, BlfWriter.CanMessage(2, 0x100, [0x10, 0x27])).Add(1, 40, BlfWriter.CanMessage(1, 0x80000100, [1, 2]));
        var options = new RecordingReaderOptions { Databases = [new BusDatabaseBinding(Signals.Database(Engine), 1)] };
        var (lines, losses) = await Frames.ReadAsync(writer.ToFile(1000, true), options);
        lines.ShouldBe(
        [
            "10 can/1/EngineData Speed=2500",
            "20 can/1 id=300 direction=rx dlc=1 data=01",
            "30 can/2 id=100 direction=rx dlc=2 data=1027",
            "40 can/1 id=100 is_extended direction=rx dlc=2 data=0102",
        ]);
        losses.ShouldBeEmpty();

        options = options with { Query = new RecordingQuery { Topics = ["can/1/*"] } };
        (await Frames.ReadAsync(writer.ToFile(1000, true), options)).Lines.ShouldBe(["10 can/1/EngineData Speed=2500"]);
        options = options with { Query = new RecordingQuery { Topics = ["can/1"] } };
        (await Frames.ReadAsync(writer.ToFile(1000, true), options)).Lines.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_message_of_a_database_is_a_part_of_the_block_its_frame_is_in()
    {
        byte[] file = new BlfWriter().Add(1, 10, BlfWriter.CanMessage(1, 0x100, [0x10, 0x27])).ToFile(1000, true);
        await using var inner = await BlfRecordingReader.OpenAsync(new MemoryByteSource(file), new RecordingReaderOptions(), TestContext.Current.CancellationToken);
        await using var reader = BusFrames.Wrap(inner, new RecordingReaderOptions { Databases = [new BusDatabaseBinding(Signals.Database(Engine), null)] });
        var block = (await reader.ReadBlockAsync(TestContext.Current.CancellationToken)).ShouldNotBeNull();
        block[block.Messages.Span[0]].ToArray().ShouldBe([0x10, 0x27]);
        block.Messages.Span[0].Offset.ShouldBe(12, "behind the header of the frame that the inner reader gave");
        reader.Channels[block.Messages.Span[0].ChannelIndex].MessageEncoding.ShouldBe("can");
    }

    [Fact]
    public async Task Parameter_groups_are_found_whatever_their_source_and_put_together_when_sent_in_parts()
    {
        byte[] content = [.. Enumerable.Range(0, 20).Select(i => (byte)i)];
        var writer = new BlfWriter()
            .Add(1, 1, BlfWriter.CanMessage(1, 0x8cf00400, [0, 0, 0, 0x40, 0x1f, 0, 0, 0]))
            .Add(1, 2, BlfWriter.CanMessage(1, 0x98f00411, [0, 0, 0, 0x40, 0x1f, 0, 0, 0]))
            .Add(1, 10, BlfWriter.CanMessage(1, 0x9cecff27, [32, 20, 0, 3, 255, 0xe3, 0xfe, 0]))
            .Add(1, 11, BlfWriter.CanMessage(1, 0x9cebff27, [1, .. content[..7]]))
            .Add(1, 12, BlfWriter.CanMessage(1, 0x9cebff27, [2, .. content[7..14]]))
            .Add(1, 13, BlfWriter.CanMessage(1, 0x9cebff27, [3, .. content[14..], 255]));
        var options = new RecordingReaderOptions { Databases = [new BusDatabaseBinding(Signals.Database(Group), null)], Query = new RecordingQuery { Topics = ["can/1/*"] } };
        var (lines, losses) = await Frames.ReadAsync(writer.ToFile(70, true), options);
        losses.ShouldBeEmpty();
        lines.ShouldBe(
        [
            "1 can/1/EEC1 source_address=0 destination_address=255 priority=3 Speed=1000",
            "2 can/1/EEC1 source_address=17 destination_address=255 priority=6 Speed=1000",
            "13 can/1/EC1 source_address=39 destination_address=255 priority=7 First=256 Far=417.5",
        ]);
        (await Frames.ReadAsync(writer.ToFile(70, true), options with { Query = RecordingQuery.All })).Lines.Count.ShouldBe(7, "the frames of the transfer stay");
    }

    [Fact]
    public async Task A_transfer_to_one_node_may_send_packets_again_and_one_with_a_gap_is_loss()
    {
        byte[] content = [.. Enumerable.Range(0, 20).Select(i => (byte)i)];
        var writer = new BlfWriter()
            .Add(1, 10, BlfWriter.CanMessage(1, 0x9cec1127, [16, 20, 0, 3, 3, 0xe3, 0xfe, 0]))
            .Add(1, 11, BlfWriter.CanMessage(1, 0x9cec2711, [17, 3, 1, 255, 255, 0xe3, 0xfe, 0]))
            .Add(1, 12, BlfWriter.CanMessage(1, 0x9ceb1127, [1, .. content[..7]]))
            .Add(1, 13, BlfWriter.CanMessage(1, 0x9ceb1127, [3, .. content[14..], 255]))
            .Add(1, 14, BlfWriter.CanMessage(1, 0x9cec2711, [17, 1, 2, 255, 255, 0xe3, 0xfe, 0]))
            .Add(1, 15, BlfWriter.CanMessage(1, 0x9ceb1127, [2, .. content[7..14]]))
            .Add(1, 20, BlfWriter.CanMessage(1, 0x9cecff28, [32, 20, 0, 3, 255, 0xe3, 0xfe, 0]))
            .Add(1, 21, BlfWriter.CanMessage(1, 0x9cebff28, [1, .. content[..7]]))
            .Add(1, 23, BlfWriter.CanMessage(1, 0x9cebff28, [3, .. content[14..], 255]))
            .Add(1, 30, BlfWriter.CanMessage(1, 0x9cecff29, [32, 20, 0, 3, 255, 0xe3, 0xfe, 0]))
            .Add(1, 2_000_000_000, BlfWriter.CanMessage(1, 0x9cebff29, [1, .. content[..7]]));
        var options = new RecordingReaderOptions { Databases = [new BusDatabaseBinding(Signals.Database(Group), null)], Query = new RecordingQuery { Topics = ["can/1/*"] } };
        var (lines, losses) = await Frames.ReadAsync(writer.ToFile(4000, true), options);
        lines.ShouldBe(["15 can/1/EC1 source_address=39 destination_address=255 priority=7 First=256 Far=417.5"]);
        losses.Count.ShouldBe(2);
        losses.ShouldAllBe(loss => loss.Code == "MESH10530");
        (losses[0].Expected, losses[0].Found, losses[0].Bytes).ShouldBe(("3 packets of parameter group 65251 from address 40", "2", 7));
        losses[1].Found.ShouldBe("0");
    }

    [Fact]
    public async Task Records_of_can_groups_become_frames_with_fixed_maximum_and_variable_lengths()
    {
        // As CSS Electronics' loggers pack them: channel, identifier and flags bit by bit.
        var packed = new MdfRecordLayout
        {
            Group = "CAN", Bus = "CAN", DataBytes = 9, VariableCount = 1,
            Channels =
            [
                Member("Timestamp", 0, 0, 8) with { Type = MdfChannelType.Master }, Structure("CAN_DataFrame"),
                Member("CAN_DataFrame.BusChannel", 1, 0, 2), Member("CAN_DataFrame.ID", 1, 3, 29), Member("CAN_DataFrame.IDE", 1, 2, 1),
                Member("CAN_DataFrame.Dir", 5, 0, 1), Member("CAN_DataFrame.DataLength", 5, 1, 7), Member("CAN_DataFrame.EDL", 6, 0, 1),
                Member("CAN_DataFrame.BRS", 6, 1, 1), Member("CAN_DataFrame.DLC", 6, 4, 4),
                Member("CAN_DataFrame.DataBytes", 7, 0, 16) with { Type = MdfChannelType.VariableLength, DataType = MdfDataType.ByteArray, VariableIndex = 0 },
            ],
        };
        byte[] record = new byte[9];
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(1), 1 | (1u << 2) | (0x18FEF100u << 3));
        record[5] = 1 | (12 << 1);
        record[6] = 0x93;
        var maximum = new MdfRecordLayout
        {
            Group = "fd", Bus = "CAN", DataBytes = 16,
            Channels =
            [
                Structure("CAN_DataFrame"), Member("CAN_DataFrame.BusChannel", 0, 0, 8), Member("CAN_DataFrame.ID", 1, 0, 32), Member("CAN_DataFrame.DataLength", 5, 0, 8),
                Member("CAN_DataFrame.DataBytes", 6, 0, 64) with { Type = MdfChannelType.MaximumLength, DataType = MdfDataType.ByteArray, SizeChannel = 3 },
            ],
        };
        var fixedLength = new MdfRecordLayout
        {
            Group = "error", Bus = "CAN", DataBytes = 8,
            Channels = [Member("CAN_ErrorFrame.BusChannel", 0, 0, 8), Member("CAN_ErrorFrame.ErrorType", 1, 0, 8), Member("CAN_ErrorFrame.ID", 2, 0, 32)],
        };
        var other = new MdfRecordLayout { Group = "speed", DataBytes = 1, Channels = [Member("v", 0, 0, 8)] };
        var reader = new ListRecordingReader(RecordingFormat.Mdf4,
            [ListRecordingReader.Channel(0, packed), ListRecordingReader.Channel(1, maximum), ListRecordingReader.Channel(2, fixedLength), ListRecordingReader.Channel(3, other)],
            [[
                (0, 1, ListRecordingReader.Record(record, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])),
                (1, 2, [2, 0x00, 0x01, 0, 0x80, 3, 0xa, 0xb, 0xc, 0xd, 0, 0, 0, 0, 0, 0]),
                (2, 3, [1, 4, 0x45, 0, 0, 0, 0, 0]),
                (3, 4, [42]),
                (1, 5, [2, 0x00]),
            ]]);
        await using var wrapped = BusFrames.Wrap(reader, new RecordingReaderOptions());
        var lines = await Frames.ReadAsync(wrapped);
        lines.Take(3).ShouldBe(
        [
            "1 can/1 id=18fef100 is_extended direction=tx is_fd brs dlc=9 data=0102030405060708090a0b0c",
            "2 can/2 id=100 is_extended dlc=3 data=0a0b0c",
            "3 can/1 id=45 is_error error_type=crc error_position=0 dlc=0",
        ]);
        lines[3].ShouldStartWith("4 speed");
        lines.Count.ShouldBe(4);
        var loss = wrapped.Losses.ShouldHaveSingleItem();
        (loss.Code, loss.Offset, loss.Bytes).ShouldBe(("MESH10531", 4, 2));
    }

    [Fact]
    public async Task Records_of_other_buses_become_frames()
    {
        var lin = new MdfRecordLayout
        {
            Group = "LIN", Bus = "LIN", DataBytes = 12,
            Channels =
            [
                Structure("LIN_Frame"), Member("LIN_Frame.BusChannel", 0, 0, 8), Member("LIN_Frame.ID", 1, 0, 6), Member("LIN_Frame.Dir", 1, 7, 1), Member("LIN_Frame.DataLength", 2, 0, 8),
                Member("LIN_Frame.Checksum", 3, 0, 8), Member("LIN_Frame..DataBytes", 4, 0, 64) with { DataType = MdfDataType.ByteArray },
            ],
        };
        var ethernet = new MdfRecordLayout
        {
            Group = "ETH", Bus = "Ethernet", DataBytes = 20, VariableCount = 1,
            Channels =
            [
                Structure("ETH_Frame"), Member("ETH_Frame.BusChannel", 0, 0, 8), Member("ETH_Frame.Source", 1, 0, 48) with { DataType = MdfDataType.ByteArray },
                Member("ETH_Frame.Destination", 7, 0, 48) with { DataType = MdfDataType.ByteArray }, Member("ETH_Frame.EtherType", 13, 0, 16),
                Member("ETH_Frame.DataBytes", 15, 0, 32) with { Type = MdfChannelType.VariableLength, DataType = MdfDataType.ByteArray, VariableIndex = 0 },
            ],
        };
        var reader = new ListRecordingReader(RecordingFormat.Mdf4, [ListRecordingReader.Channel(0, lin), ListRecordingReader.Channel(1, ethernet)],
        [[
            (0, 1, [3, 0x95, 2, 0x77, 0xaa, 0xbb, 0xcc, 0, 0, 0, 0, 0]),
            (1, 2, ListRecordingReader.Record([1, 1, 2, 3, 4, 5, 6, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x00, 0x08, 0, 0, 0, 0, 0], [0x45, 0x00])),
        ]]);
        await using var wrapped = BusFrames.Wrap(reader, new RecordingReaderOptions());
        (await Frames.ReadAsync(wrapped)).ShouldBe(
        [
            "1 lin/3 kind=frame id=15 direction=tx data_length=2 checksum=119 data=aabb",
            "2 ethernet/1 destination=111213141516 source=010203040506 ethertype=2048 payload=4500",
        ]);
    }

    [Fact]
    public async Task Groups_stay_records_when_frames_are_not_wanted()
    {
        var layout = new MdfRecordLayout { Group = "CAN", DataBytes = 6, Channels = [Member("CAN_RemoteFrame.BusChannel", 0, 0, 8), Member("CAN_RemoteFrame.ID", 1, 0, 32)] };
        var reader = new ListRecordingReader(RecordingFormat.Mdf4, [ListRecordingReader.Channel(0, layout)], [[(0, 1, [1, 2, 0, 0, 0, 0])]]);
        await using var wrapped = BusFrames.Wrap(reader, new RecordingReaderOptions { BusFrames = false });
        wrapped.ShouldBeSameAs(reader);
    }

    [Fact]
    public async Task A_schema_travels_without_its_database()
    {
        var writer = new BlfWriter().Add(1, 10, BlfWriter.CanMessage(1, 0x100, [0x10, 0x27]));
        await using var reader = await RecordingFormats.OpenAsync(new MemoryByteSource(writer.ToFile(1000, true)),
            new RecordingReaderOptions { Databases = [new BusDatabaseBinding(Signals.Database(Engine), null)] }, TestContext.Current.CancellationToken);
        await reader.ReadBlockAsync(TestContext.Current.CancellationToken);
        var schema = reader.Channels[^1].Schema.ShouldNotBeNull();
        (schema.Name, schema.Encoding).ShouldBe(("dbc/EngineData", "dbc"));
        string text = Encoding.UTF8.GetString(schema.Data.Span);
        text.ShouldContain("SG_ Speed : 0|16@1+ (0.25,0) [0|0] \"rpm\"");
        text.ShouldNotContain("Later");
    }

    private static MdfChannelLayout Structure(string name) => new() { Name = name, DataType = MdfDataType.ByteArray, IsStructure = true };

    private static MdfChannelLayout Member(string name, int byteOffset, int bitOffset, int bits) =>
        new() { Name = name, ByteOffset = byteOffset, BitOffset = bitOffset, BitCount = bits, DataType = MdfDataType.UnsignedLittleEndian };
}
