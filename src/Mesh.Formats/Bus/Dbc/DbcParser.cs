using System.Globalization;

namespace Mesh.Formats.Bus.Dbc;

/// <summary>
/// Reads DBC text. Takes what describes frames and signals; environment variables, categories, filters, signal types and node relations are
/// passed over. Statements may stand in any order after the messages they speak of; what speaks of an unknown message is passed over too.
/// </summary>
internal sealed partial class DbcParser(string name, string text)
{
    private const string IndependentSignals = "VECTOR__INDEPENDENT_SIG_MSG";
    private const int MaxBits = 1 << 24;
    private readonly DbcScanner scanner = new(name, text);
    private readonly List<DbcMessageDraft> messages = [];
    private readonly Dictionary<uint, DbcMessageDraft> byId = [];
    private DbcMessageDraft? current;

    public BusDatabase Parse()
    {
        int statements = 0;
        while (!scanner.AtEnd)
        {
            int place = scanner.Position;
            string keyword = scanner.ReadWord("a statement such as BO_, SG_ or VAL_").ToString();
            if (!ReadStatement(keyword))
            {
                scanner.Position = place;
                throw scanner.Expected("a statement such as BO_, SG_ or VAL_");
            }

            statements++;
        }

        if (statements == 0) throw DbcErrors.NoStatements(name);
        return new BusDatabase(name, [.. messages.Where(draft => draft.Name != IndependentSignals).Select(Finish)]);
    }

    private bool ReadStatement(string keyword)
    {
        switch (keyword)
        {
            case "VERSION":
                if (scanner.IsNext('"')) scanner.ReadText();
                else scanner.SkipLine();
                return true;
            case "NS_":
                SkipNewSymbols();
                return true;
            case "BS_":
                scanner.SkipLine();
                return true;
            case "BU_":
                scanner.Read(':');
                SkipNames();
                return true;
            case "BO_":
                ReadMessage();
                return true;
            case "SG_":
                ReadSignal();
                return true;
            case "SIG_VALTYPE_":
                ReadValueType();
                return true;
            case "SG_MUL_VAL_":
                ReadExtendedMultiplexing();
                return true;
            case "VAL_":
                ReadValues();
                return true;
            case "CM_":
                ReadComment();
                return true;
            case "BA_DEF_":
                ReadAttributeDefinition();
                return true;
            case "BA_DEF_DEF_":
                ReadAttributeDefault();
                return true;
            case "BA_":
                ReadAttribute();
                return true;
            case "VAL_TABLE_" or "BO_TX_BU_" or "SIG_GROUP_" or "EV_" or "EV_DATA_" or "ENVVAR_DATA_" or "CAT_DEF_" or "CAT_" or "FILTER"
                or "SGTYPE_" or "SGTYPE_VAL_" or "BA_DEF_SGTYPE_" or "BA_SGTYPE_" or "SIG_TYPE_REF_" or "SIGTYPE_VALTYPE_" or "BA_DEF_REL_"
                or "BA_REL_" or "BA_DEF_DEF_REL_" or "BU_SG_REL_" or "BU_EV_REL_" or "BU_BO_REL_" or "BA_DEF_DEF_SGTYPE_":
                scanner.SkipStatement();
                return true;
            default:
                return false;
        }
    }

    private static bool IsKeyword(ReadOnlySpan<char> word) => word is "VERSION" or "NS_" or "BS_" or "BU_" or "BO_" or "SG_" or "SIG_VALTYPE_" or "SG_MUL_VAL_"
        or "VAL_" or "CM_" or "BA_DEF_" or "BA_DEF_DEF_" or "BA_" or "VAL_TABLE_" or "BO_TX_BU_" or "SIG_GROUP_" or "EV_" or "EV_DATA_"
        or "ENVVAR_DATA_" or "CAT_DEF_" or "CAT_" or "FILTER" or "SGTYPE_" or "SGTYPE_VAL_" or "SIG_TYPE_REF_" or "BA_DEF_REL_" or "BA_REL_";

    /// <summary>Passes over the list after <c>NS_</c>: lines of one word each. The first line that is anything else is a statement.</summary>
    private void SkipNewSymbols()
    {
        scanner.TryRead(':');
        while (!scanner.AtEnd)
        {
            int place = scanner.Position;
            var word = scanner.PeekWord();
            scanner.Position += word.Length;
            if (!word.IsEmpty && scanner.IsEndOfLine()) continue;
            scanner.Position = place;
            return;
        }
    }

    private void SkipNames()
    {
        while (true)
        {
            var word = scanner.PeekWord();
            if (!word.IsEmpty && !IsKeyword(word)) scanner.Position += word.Length;
            else if (!scanner.TryRead(',')) return;
        }
    }

    private void ReadMessage()
    {
        int place = scanner.Position;
        uint id = ReadId();
        string messageName = scanner.ReadWord("a message name").ToString();
        scanner.Read(':');
        long bytes = scanner.ReadInteger("a number of payload bytes");
        if (bytes is < 0 or > int.MaxValue / 8) throw DbcErrors.OutOfRange(name, scanner.LineAt(place), $"message '{messageName}' has {bytes} bytes", "A message has 0 or more.");
        var transmitter = scanner.PeekWord();
        bool hasTransmitter = !transmitter.IsEmpty && !IsKeyword(transmitter);
        current = new DbcMessageDraft { Name = messageName, RawId = id, Bytes = (int)bytes, Place = place };
        if (hasTransmitter)
        {
            if (!transmitter.SequenceEqual("Vector__XXX")) current.Transmitter = transmitter.ToString();
            scanner.Position += transmitter.Length;
        }

        messages.Add(current);
        current.Same = byId.GetValueOrDefault(id);
        byId[id] = current;
    }

    private void ReadSignal()
    {
        int place = scanner.Position;
        if (current is null) throw DbcErrors.Syntax(name, scanner.LineAt(place), "a message (BO_) before its signals", "a signal (SG_)");
        string signalName = scanner.ReadWord("a signal name").ToString();
        string mark = scanner.IsNext(':') ? "" : scanner.ReadWord("':' or a multiplexing mark such as M or m0").ToString();
        scanner.Read(':');
        long start = scanner.ReadInteger("a start bit");
        scanner.Read('|');
        long bits = scanner.ReadInteger("a number of bits");
        scanner.Read('@');
        char order = scanner.ReadCharacter("a byte order, 0 or 1");
        if (order is not ('0' or '1')) throw DbcErrors.Syntax(name, scanner.LineAt(place), "a byte order, 0 (Motorola) or 1 (Intel)", $"'{order}'");
        char sign = scanner.ReadCharacter("a sign, + or -");
        if (sign is not ('+' or '-')) throw DbcErrors.Syntax(name, scanner.LineAt(place), "a sign, + (unsigned) or - (signed)", $"'{sign}'");
        scanner.Read('(');
        double factor = scanner.ReadNumber("a factor");
        scanner.Read(',');
        double offset = scanner.ReadNumber("an offset");
        scanner.Read(')');
        scanner.Read('[');
        double minimum = scanner.ReadNumber("a minimum");
        scanner.Read('|');
        double maximum = scanner.ReadNumber("a maximum");
        scanner.Read(']');
        string unit = scanner.ReadText();
        SkipNames();

        // The independent signals of Vector's tools have no place in any frame and are dropped with their message.
        if (current.Name == IndependentSignals) return;
        if (bits is < 1 or > MaxBits)
        {
            throw DbcErrors.OutOfRange(name, scanner.LineAt(place), $"signal '{signalName}' has {bits} bits", "A signal has 1 to 64, or more in whole bytes when it is text.");
        }

        if (start is < 0 or > MaxBits)
        {
            throw DbcErrors.OutOfRange(name, scanner.LineAt(place), $"signal '{signalName}' starts at bit {start}", "Bits are counted from 0 within the payload.");
        }

        if (bits > 64 && ((bits & 7) != 0 || (start & 7) != (order == '0' ? 7 : 0)))
        {
            throw DbcErrors.OutOfRange(name, scanner.LineAt(place), $"signal '{signalName}' has {bits} bits", "Beyond 64 they must be whole bytes.");
        }

        current.Signals.Add(new DbcSignalDraft
        {
            Place = place,
            Mark = mark,
            Signal = new BusSignal
            {
                Name = signalName, StartBit = (int)start, BitCount = (int)bits, IsBigEndian = order == '0', IsSigned = sign == '-',
                Factor = factor, Offset = offset, Minimum = minimum, Maximum = maximum, Unit = unit.Trim(),
            },
        });
    }

    private uint ReadId()
    {
        int place = scanner.Position;
        long id = scanner.ReadInteger("a message identifier");
        if (id is < 0 or > uint.MaxValue) throw DbcErrors.OutOfRange(name, scanner.LineAt(place), $"message identifier {id}", "It has 29 bits at most, and bit 31 for the extended format.");
        return (uint)id;
    }

    /// <summary>The message that is being spoken of; null, which is passed over, when the file has none of that identifier.</summary>
    private DbcMessageDraft? ReadMessageReference() => byId.GetValueOrDefault(ReadId());

    private delegate void SignalChange(DbcSignalDraft draft);

    private static void Change(DbcMessageDraft? message, string signalName, SignalChange change)
    {
        for (; message is not null; message = message.Same)
        {
            foreach (var draft in message.Signals)
            {
                if (draft.Signal.Name == signalName) change(draft);
            }
        }
    }

    private void ReadValueType()
    {
        var message = ReadMessageReference();
        string signalName = scanner.ReadWord("a signal name").ToString();
        scanner.TryRead(':');
        int place = scanner.Position;
        long type = scanner.ReadInteger("a value type, 0 to 3");
        scanner.TryRead(';');
        Change(message, signalName, draft =>
        {
            int bits = type == 1 ? 32 : 64;
            if (type is 1 or 2 && draft.Signal.BitCount != bits)
            {
                throw DbcErrors.OutOfRange(name, scanner.LineAt(place), $"signal '{signalName}' is a float of {draft.Signal.BitCount} bits", "Floats have 32 (type 1) or 64 (type 2).");
            }

            draft.Signal = draft.Signal with { ValueType = type is 1 or 2 ? (BusSignalValueType)type : BusSignalValueType.Integer };
        });
    }

    private void ReadExtendedMultiplexing()
    {
        var message = ReadMessageReference();
        string signalName = scanner.ReadWord("a signal name").ToString();
        string multiplexor = scanner.ReadWord("the name of a multiplexor").ToString();
        var ranges = new List<BusMultiplexRange>();
        while (!scanner.TryRead(';'))
        {
            if (scanner.TryRead(',')) continue;
            int place = scanner.Position;
            string range = scanner.ReadWord("a range such as 0-3").ToString();
            while (!scanner.IsNext(',') && !scanner.IsNext(';')) range += scanner.ReadWord("a range such as 0-3").ToString();
            int dash = range.IndexOf('-', 1);
            if (dash < 0 || !long.TryParse(range.AsSpan(0, dash), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long first)
                || !long.TryParse(range.AsSpan(dash + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long last))
            {
                throw DbcErrors.Syntax(name, scanner.LineAt(place), "a range such as 0-3", $"'{range}'");
            }

            ranges.Add(new BusMultiplexRange(first, last));
        }

        Change(message, signalName, draft =>
        {
            draft.ExtendedMultiplexor = multiplexor;
            (draft.ExtendedRanges ??= []).AddRange(ranges);
        });
    }

    private void ReadValues()
    {
        var word = scanner.PeekWord();
        if (word.IsEmpty || !char.IsAsciiDigit(word[0]))
        {
            // Of an environment variable.
            scanner.SkipStatement();
            return;
        }

        var message = ReadMessageReference();
        string signalName = scanner.ReadWord("a signal name").ToString();
        var values = new List<KeyValuePair<long, string>>();
        while (true)
        {
            int place = scanner.Position;
            if (!scanner.TryReadNumber(out double value)) break;
            bool isInteger = value == Math.Floor(value) && Math.Abs(value) < 1.9e19;
            if (isInteger)
            {
                scanner.Position = place;
                values.Add(new KeyValuePair<long, string>(scanner.ReadInteger("a raw value"), scanner.ReadText()));
            }
            else
            {
                // No raw value of an integer signal can be it.
                scanner.ReadText();
            }
        }

        if (!scanner.TryRead(';') && !IsKeyword(scanner.PeekWord()) && !scanner.AtEnd)
        {
            // Also a name of a table (VAL_TABLE_) may stand here, which says the values elsewhere; no tool at hand writes it.
            throw scanner.Expected("a raw value and its text, or ';'");
        }

        Change(message, signalName, draft => draft.Signal = draft.Signal with { Values = values });
    }
}
