using System.Globalization;
using System.Text;

namespace Mesh.Formats.Bus.Dbc;

/// <summary>Writes one message as DBC text with everything its signals need: the schema of its channel. Equal messages give equal text.</summary>
internal static class DbcWriter
{
    public static byte[] Write(BusMessage message)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"VERSION \"\"\n\nBS_:\n\nBU_:\n\nBO_ {message.Key} {message.Name}: {message.Bytes} {Node(message)}\n");
        foreach (var signal in message.Signals) AppendSignal(text, signal);
        text.Append('\n');
        if (message.Comment.Length > 0) text.Append(CultureInfo.InvariantCulture, $"CM_ BO_ {message.Key} \"{Escape(message.Comment)}\";\n");
        foreach (var signal in message.Signals)
        {
            if (signal.Comment.Length > 0) text.Append(CultureInfo.InvariantCulture, $"CM_ SG_ {message.Key} {signal.Name} \"{Escape(signal.Comment)}\";\n");
        }

        if (message.IsJ1939)
        {
            text.Append("BA_DEF_ BO_ \"VFrameFormat\" ENUM \"StandardCAN\",\"ExtendedCAN\",\"reserved\",\"J1939PG\";\nBA_DEF_DEF_ \"VFrameFormat\" \"\";\n");
            text.Append(CultureInfo.InvariantCulture, $"BA_ \"VFrameFormat\" BO_ {message.Key} 3;\n");
        }

        if (message.CycleTimeMs is { } cycle) text.Append(CultureInfo.InvariantCulture, $"BA_ \"GenMsgCycleTime\" BO_ {message.Key} {cycle};\n");
        foreach (var signal in message.Signals)
        {
            if (signal.StartValue is { } start) text.Append(CultureInfo.InvariantCulture, $"BA_ \"GenSigStartValue\" SG_ {message.Key} {signal.Name} {start};\n");
        }

        foreach (var signal in message.Signals)
        {
            if (signal.Values.Count == 0) continue;
            text.Append(CultureInfo.InvariantCulture, $"VAL_ {message.Key} {signal.Name}");
            foreach (var (value, label) in signal.Values) text.Append(CultureInfo.InvariantCulture, $" {value} \"{Escape(label)}\"");
            text.Append(";\n");
        }

        foreach (var signal in message.Signals)
        {
            if (signal.ValueType != BusSignalValueType.Integer) text.Append(CultureInfo.InvariantCulture, $"SIG_VALTYPE_ {message.Key} {signal.Name} : {(int)signal.ValueType};\n");
        }

        foreach (var signal in message.Signals)
        {
            if (signal.Multiplexor is null) continue;
            text.Append(CultureInfo.InvariantCulture, $"SG_MUL_VAL_ {message.Key} {signal.Name} {signal.Multiplexor} ");
            text.AppendJoin(", ", signal.MultiplexRanges.Select(range => string.Create(CultureInfo.InvariantCulture, $"{range.First}-{range.Last}"))).Append(";\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static void AppendSignal(StringBuilder text, BusSignal signal)
    {
        string mark = signal.Multiplexor is null ? "" : string.Create(CultureInfo.InvariantCulture, $" m{Math.Max(0, signal.MultiplexRanges.Count > 0 ? signal.MultiplexRanges[0].First : 0)}");
        if (signal.IsMultiplexor) mark += mark.Length == 0 ? " M" : "M";
        text.Append(CultureInfo.InvariantCulture, $" SG_ {signal.Name}{mark} : {signal.StartBit}|{signal.BitCount}@{(signal.IsBigEndian ? 0 : 1)}{(signal.IsSigned ? '-' : '+')}");
        text.Append(CultureInfo.InvariantCulture, $" ({signal.Factor:R},{signal.Offset:R}) [{signal.Minimum:R}|{signal.Maximum:R}] \"{Escape(signal.Unit)}\" Vector__XXX\n");
    }

    private static string Node(BusMessage message) => message.Transmitter.Length > 0 ? message.Transmitter : "Vector__XXX";

    private static string Escape(string value)
    {
        string escaped = value.Replace("\"", "\\\"", StringComparison.Ordinal);
        // A backslash at the end would make the closing quotation mark part of the text.
        return escaped.EndsWith('\\') ? escaped + ' ' : escaped;
    }
}
