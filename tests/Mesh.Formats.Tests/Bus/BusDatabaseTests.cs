using System.Text;
using Mesh.Formats.Bus;
using Mesh.Model;
using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Bus;

public sealed class BusDatabaseTests
{
    [Fact]
    public void Every_database_at_hand_parses_and_each_message_survives_its_own_schema()
    {
        int files = 0, messages = 0;
        foreach (string path in Directory.EnumerateFiles(TestData.PathOf(), "*", SearchOption.AllDirectories))
        {
            if (!path.EndsWith(".dbc", StringComparison.OrdinalIgnoreCase)) continue;
            files++;
            foreach (var message in BusDatabase.Parse(Path.GetFileName(path), File.ReadAllBytes(path)).Messages)
            {
                messages++;
                var schema = BusSchemas.SchemaOf(message);
                var again = BusDatabase.Parse(schema.Name, schema.Data.Span).Messages.ShouldHaveSingleItem();
                (again with { Signals = [] }).ShouldBe(message with { Signals = [] }, path);
                again.Signals.Count.ShouldBe(message.Signals.Count, path);
                for (int i = 0; i < again.Signals.Count; i++)
                {
                    var (expected, actual) = (message.Signals[i], again.Signals[i]);
                    (actual with { Values = [], MultiplexRanges = [] }).ShouldBe(expected with { Values = [], MultiplexRanges = [] }, path);
                    actual.Values.ShouldBe(expected.Values);
                    actual.MultiplexRanges.ShouldBe(expected.MultiplexRanges);
                }
            }
        }

        files.ShouldBe(222);
        messages.ShouldBeGreaterThan(5000);
    }

    [Theory]
    [InlineData("abc", "line 1", "MESH10501")]
    [InlineData("VERSION \"1.0\"\nBO_ dssd\n", "line 2", "MESH10501")]
    [InlineData("VERSION \"1.0\"\ndd\n", "line 2", "MESH10501")]
    [InlineData("VERSION \"1.0\"\nBO_ 546 EMV_Stati 8 EMV_Statusmeldungen\n", "line 2", "MESH10501")]
    [InlineData("VERSION \"1.0\nBO_ 1 a: 8 X\n", "line 1", "MESH10502")]
    [InlineData("BO_ 1 a: 8 X\n SG_ s : 0|0@1+ (1,0) [0|0] \"\" X", "line 2", "MESH10503")]
    [InlineData("BO_ 1 a: 8 X\n SG_ s : 1|72@1+ (1,0) [0|0] \"\" X", "line 2", "MESH10503")]
    [InlineData("BO_ 99999999999 a: 8 X\n", "line 1", "MESH10503")]
    [InlineData(" SG_ s : 0|8@1+ (1,0) [0|0] \"\" X", "line 1", "MESH10501")]
    [InlineData("BO_ 1 a: 8 X\n SG_ s m1 : 0|8@1+ (1,0) [0|0] \"\" X", "line 2", "MESH10505")]
    [InlineData("BO_ 1 a: 8 X\n SG_ s m1M : 0|8@1+ (1,0) [0|0] \"\" X\nSG_MUL_VAL_ 1 s s 1-1;", "line 2", "MESH10505")]
    [InlineData("BO_ 1 a: 8 X\n SG_ s : 0|16@1- (1,0) [0|0] \"\" X\nSIG_VALTYPE_ 1 s : 1;", "line 3", "MESH10503")]
    [InlineData("", "no statement", "MESH10504")]
    public void An_error_says_where_and_what_to_do(string text, string place, string code)
    {
        var exception = Should.Throw<MeshException>(() => Signals.Database(text));
        exception.Code.ShouldBe(code);
        exception.Message.ShouldContain(place);
        exception.Message.ShouldContain("test.dbc");
    }

    [Fact]
    public void Sections_are_read_in_any_shape_that_tools_write()
    {
        var database = Signals.Database(
            "NS_ :\n\tCM_\n\tVAL_\n\nBS_:\nBU_: A B\n// a remark\nBO_ 2147484672 Long_: 64 A\n SG_ x:7|16@0- (-1.5E-3,+2) [-1|1] \"km/h\" B,A\n"
            + "BO_ 3221225472 VECTOR__INDEPENDENT_SIG_MSG: 0 Vector__XXX\n SG_ orphan : 0|0@1+ (1,0) [0|0] \"\" Vector__XXX\n"
            + "BO_TX_BU_ 2147484672 : A,B;\nEV_ e: 0 [0|1] \"\" 0 1 DUMMY_NODE_VECTOR0 Vector__XXX;\nVAL_ e 1 \"on\" ;\n"
            + "CM_ SG_ 2147484672 x \"two\nlines; and \\\"quotes\\\"\";\nCM_ BO_ 2147484672 \"m\";\n"
            + "BA_DEF_ BO_ \"GenMsgCycleTime\" INT 0 65535;\nBA_ \"GenMsgCycleTime\" BO_ 2147484672 20;\nBA_ \"GenSigStartValue\" SG_ 2147484672 x 7;\n"
            + "BA_ \"SystemMessageLongSymbol\" BO_ 2147484672 \"LongerThanThirtyTwoCharactersForSure\";\n"
            + "VAL_ 2147484672 x -1 \"minus\" 18446744073709551615 \"large\" ;\nSIG_GROUP_ 2147484672 g 1 : x;\n");
        var message = database.Messages.ShouldHaveSingleItem();
        message.Name.ShouldBe("LongerThanThirtyTwoCharactersForSure");
        (message.Id, message.IsExtended, message.Bytes, message.Transmitter, message.Comment, message.CycleTimeMs).ShouldBe((0x400u, true, 64, "A", "m", 20));
        var signal = message.Signals.ShouldHaveSingleItem();
        (signal.StartBit, signal.BitCount, signal.IsBigEndian, signal.IsSigned, signal.Factor, signal.Offset, signal.Unit).ShouldBe((7, 16, true, true, -0.0015, 2, "km/h"));
        signal.Comment.ShouldBe("two\nlines; and \"quotes\"");
        signal.StartValue.ShouldBe(7);
        signal.Values.Select(pair => pair.Value).ShouldBe(["minus", "large"]);
    }

    [Fact]
    public void Text_is_read_in_the_code_page_it_is_written_in()
    {
        const string Text = "BO_ 1 m: 8 X\n SG_ t : 0|8@1+ (1,0) [0|0] \"°C\" X\n";
        var pages = CodePagesEncodingProvider.Instance;
        Unit(Encoding.UTF8.GetBytes(Text), null).ShouldBe("°C");
        Unit([.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(Text)], null).ShouldBe("°C");
        Unit([.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(Text)], null).ShouldBe("°C");
        Unit(pages.GetEncoding(1252)!.GetBytes(Text), null).ShouldBe("°C");

        // The second byte of these Shift-JIS characters is a backslash or a vertical bar.
        string japanese = Text.Replace("°C", "ソ能ポ", StringComparison.Ordinal);
        Unit(pages.GetEncoding(932)!.GetBytes(japanese), BusDatabase.FindEncoding("shift_jis")).ShouldBe("ソ能ポ");
        string chinese = Text.Replace("°C", "转速", StringComparison.Ordinal);
        Unit(pages.GetEncoding(936)!.GetBytes(chinese), BusDatabase.FindEncoding("gbk")).ShouldBe("转速");
        Should.Throw<MeshException>(() => BusDatabase.FindEncoding("klingon")).Code.ShouldBe("MESH10507");

        static string Unit(byte[] content, Encoding? encoding) => BusDatabase.Parse("m.dbc", content, encoding).Messages[0].Signals[0].Unit;
    }

    [Theory]
    [InlineData("BA_DEF_ BO_ \"VFrameFormat\" ENUM \"StandardCAN\",\"ExtendedCAN\",\"reserved\",\"J1939PG\";\nBA_ \"VFrameFormat\" BO_ 2566841342 3;", true)]
    [InlineData("BA_DEF_ BO_ \"VFrameFormat\" ENUM \"StandardCAN\",\"ExtendedCAN\",\"reserved\",\"J1939PG\";\nBA_DEF_DEF_ \"VFrameFormat\" \"J1939PG\";", true)]
    [InlineData("BA_DEF_ BO_ \"VFrameFormat\" INT 0 3;\nBA_DEF_DEF_ \"VFrameFormat\" 3;", true)]
    [InlineData("BA_DEF_ BO_ \"VFrameFormat\" ENUM \"StandardCAN\",\"ExtendedCAN\";\nBA_ \"VFrameFormat\" BO_ 2566841342 1;", false)]
    [InlineData("BA_DEF_ \"ProtocolType\" STRING ;\nBA_DEF_DEF_ \"ProtocolType\" \"\";\nBA_ \"ProtocolType\" \"J1939\";", true)]
    [InlineData("", false)]
    public void Parameter_groups_are_told_by_frame_format_or_protocol(string attributes, bool isJ1939) =>
        Signals.Database("BO_ 2566841342 EC1: 8 X\n" + attributes).Messages[0].IsJ1939.ShouldBe(isJ1939);

    [Fact]
    public void A_mutated_database_parses_or_says_why_not()
    {
        var random = new Random(7);
        byte[][] corpus = [.. ((string[])["foobar.dbc", "multiplex_2.dbc", "vehicle.dbc", "attributes.dbc", "j1939.dbc"])
            .Select(file => File.ReadAllBytes(TestData.PathOf("cantools_cantools", "tests", "files", "dbc", file)))];
        int failed = 0, parsed = 0;
        for (int round = 0; round < 3000; round++)
        {
            byte[] bytes = (byte[])corpus[random.Next(corpus.Length)].Clone();
            if (bytes.Length > 8000) bytes = bytes[..random.Next(4000, 8000)];
            for (int i = random.Next(1, 6); i > 0; i--) bytes[random.Next(bytes.Length)] = (byte)(random.Next(3) == 0 ? random.Next(256) : " \"-9:;|@(,)[]Mm\n"[random.Next(16)]);
            try
            {
                foreach (var message in BusDatabase.Parse("fuzz", bytes).Messages)
                {
                    Signals.Decode(message with { IsJ1939 = false }, "0123456789abcdef01");
                    parsed++;
                }
            }
            catch (MeshException)
            {
                failed++;
            }
        }

        failed.ShouldBeGreaterThan(100);
        parsed.ShouldBeGreaterThan(1000);
    }
}
