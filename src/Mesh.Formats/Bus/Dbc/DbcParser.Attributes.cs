using System.Globalization;

namespace Mesh.Formats.Bus.Dbc;

/// <summary>Attributes, comments, and what they make of the messages.</summary>
internal sealed partial class DbcParser
{
    private const string J1939Format = "J1939PG";

    // What Vector's tools number the frame formats when the file does not list them.
    private static readonly Dictionary<int, string> FrameFormats = new()
    {
        [0] = "StandardCAN", [1] = "ExtendedCAN", [3] = J1939Format, [14] = "StandardCAN_FD", [15] = "ExtendedCAN_FD",
    };

    private readonly List<string> frameFormatNames = [];
    private string? defaultFrameFormat;
    private string defaultProtocol = "";
    private string protocol = "";

    private void ReadComment()
    {
        string kind = scanner.PeekWord().ToString();
        if (kind is not ("BO_" or "SG_"))
        {
            scanner.SkipStatement();
            return;
        }

        scanner.Position += kind.Length;
        var message = ReadMessageReference();
        scanner.SkipSpace();
        string signalName = kind == "SG_" ? scanner.PeekWord().ToString() : "";
        scanner.Position += signalName.Length;
        if (!scanner.IsNext('"'))
        {
            scanner.SkipStatement();
            return;
        }

        string comment = scanner.ReadText();
        scanner.TryRead(';');
        if (kind == "SG_") Change(message, signalName, draft => draft.Signal = draft.Signal with { Comment = comment });
        else for (; message is not null; message = message.Same) message.Comment = comment;
    }

    private void ReadAttributeDefinition()
    {
        if (scanner.PeekWord() is "BU_" or "BO_" or "SG_" or "EV_") scanner.ReadWord("");
        if (!scanner.IsNext('"'))
        {
            scanner.SkipStatement();
            return;
        }

        if (scanner.ReadText() == "VFrameFormat" && scanner.PeekWord() is "ENUM")
        {
            scanner.ReadWord("");
            while (scanner.IsNext('"'))
            {
                frameFormatNames.Add(scanner.ReadText());
                scanner.TryRead(',');
            }
        }

        scanner.SkipStatement();
    }

    private void ReadAttributeDefault()
    {
        if (!scanner.IsNext('"'))
        {
            scanner.SkipStatement();
            return;
        }

        string attribute = scanner.ReadText();
        string value = ReadAttributeValue();
        if (attribute == "VFrameFormat") defaultFrameFormat = value;
        else if (attribute == "ProtocolType") defaultProtocol = value;
        scanner.SkipStatement();
    }

    private void ReadAttribute()
    {
        string attribute = scanner.ReadText();
        string kind = scanner.PeekWord().ToString();
        if (kind == "BO_")
        {
            scanner.ReadWord("");
            var message = ReadMessageReference();
            string value = ReadAttributeValue();
            for (; message is not null; message = message.Same)
            {
                if (attribute == "VFrameFormat") message.FrameFormat = value;
                else if (attribute == "GenMsgCycleTime") message.CycleTimeMs = Number(value);
                else if (attribute == "SystemMessageLongSymbol" && value.Length > 0) message.LongName = Word(value);
            }
        }
        else if (kind == "SG_")
        {
            scanner.ReadWord("");
            var message = ReadMessageReference();
            string signalName = scanner.ReadWord("a signal name").ToString();
            string value = ReadAttributeValue();
            if (attribute == "GenSigStartValue") Change(message, signalName, draft => draft.Signal = draft.Signal with { StartValue = Number(value) });
            else if (attribute == "SystemSignalLongSymbol" && value.Length > 0) Change(message, signalName, draft => draft.LongName = Word(value));
        }
        else if (attribute == "ProtocolType" && kind is not ("BU_" or "EV_"))
        {
            protocol = ReadAttributeValue();
        }

        scanner.SkipStatement();
    }

    private string ReadAttributeValue() => scanner.IsNext('"') ? scanner.ReadText()
        : scanner.TryReadNumber(out double number) ? number.ToString(CultureInfo.InvariantCulture)
        : "";

    /// <summary>A long name as the symbol it should be: some files have free text in that place.</summary>
    private static string Word(string value) => string.Create(value.Length, value, (word, source) =>
    {
        for (int i = 0; i < word.Length; i++) word[i] = char.IsLetterOrDigit(source[i]) ? source[i] : '_';
    });

    private static double? Number(string value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : null;

    private BusMessage Finish(DbcMessageDraft draft) => new()
    {
        Name = draft.LongName ?? draft.Name,
        Id = draft.Id,
        IsExtended = draft.IsExtended,
        Bytes = draft.Bytes,
        Transmitter = draft.Transmitter,
        Comment = draft.Comment,
        CycleTimeMs = draft.CycleTimeMs,
        IsJ1939 = IsJ1939(draft),
        Signals = FinishSignals(draft),
    };

    private bool IsJ1939(DbcMessageDraft draft)
    {
        if (!draft.IsExtended) return false;
        string format = FormatName(draft.FrameFormat ?? defaultFrameFormat ?? "");
        if (format == J1939Format) return true;

        // Some databases name the protocol alone. Then the address of no node, which never sends, tells a parameter group from a plain frame.
        bool isProtocol = protocol.StartsWith("J1939", StringComparison.OrdinalIgnoreCase)
            || (protocol.Length == 0 && defaultProtocol.StartsWith("J1939", StringComparison.OrdinalIgnoreCase));
        return isProtocol && (format.Length == 0 || J1939.J1939Id.SourceAddress(draft.Id) == J1939.J1939Id.NullAddress);
    }

    private string FormatName(string value)
    {
        if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number)) return value;
        return number < frameFormatNames.Count ? frameFormatNames[number] : FrameFormats.GetValueOrDefault(number, value);
    }

    private List<BusSignal> FinishSignals(DbcMessageDraft draft)
    {
        foreach (var signal in draft.Signals)
        {
            // Some files have `m` without a number at a multiplexor; the extended ranges then say what it is.
            if (signal.Mark == "m" && draft.Signals.Exists(other => other.ExtendedMultiplexor == signal.Signal.Name)) signal.Mark = "M";
        }

        var multiplexor = draft.Signals.Find(signal => signal.Mark == "M");
        var used = new HashSet<string>();
        var finished = new List<BusSignal>(draft.Signals.Count);
        foreach (var signal in draft.Signals)
        {
            var result = signal.Signal with { IsMultiplexor = signal.Mark.EndsWith('M') };
            if (signal.ExtendedMultiplexor is not null)
            {
                result = result with { Multiplexor = signal.ExtendedMultiplexor, MultiplexRanges = signal.ExtendedRanges! };
            }
            else if (signal.Mark.Length > 0 && signal.Mark != "M")
            {
                if (multiplexor is null) throw Wrong(signal, "is multiplexed but its message has no multiplexor (M)");
                var digits = signal.Mark.AsSpan(1).TrimEnd('M');
                if (signal.Mark[0] != 'm' || !long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long value))
                {
                    throw DbcErrors.Syntax(name, scanner.LineAt(signal.Place), "a multiplexing mark such as M, m0 or m0M", $"'{signal.Mark}'");
                }

                result = result with { Multiplexor = multiplexor.Signal.Name, MultiplexRanges = [new BusMultiplexRange(value, value)] };
            }

            if (result.Multiplexor is not null) used.Add(result.Multiplexor);
            finished.Add(result);
        }

        CheckMultiplexors(draft, finished);
        return Rename(draft, finished, used);
    }

    /// <summary>Every chain of multiplexors must end at a signal that is always there.</summary>
    private void CheckMultiplexors(DbcMessageDraft draft, List<BusSignal> signals)
    {
        if (signals.TrueForAll(signal => signal.Multiplexor is null)) return;
        var parents = new Dictionary<string, string?>();
        foreach (var signal in signals) parents[signal.Name] = signal.Multiplexor;
        for (int i = 0; i < signals.Count; i++)
        {
            string? parent = signals[i].Multiplexor;
            for (int depth = 0; parent is not null; depth++)
            {
                if (!parents.TryGetValue(parent, out string? next)) throw Wrong(draft.Signals[i], $"depends on '{parent}', which its message does not have");
                if (depth > signals.Count) throw Wrong(draft.Signals[i], "depends on itself");
                parent = next;
            }
        }
    }

    /// <summary>Gives messages and signals the long names that tools with a limit of 32 characters keep in attributes.</summary>
    private static List<BusSignal> Rename(DbcMessageDraft draft, List<BusSignal> signals, HashSet<string> multiplexors)
    {
        var longNames = new Dictionary<string, string>();
        foreach (var signal in draft.Signals)
        {
            if (signal.LongName is not null) longNames[signal.Signal.Name] = signal.LongName;
        }

        for (int i = 0; i < signals.Count; i++)
        {
            var signal = signals[i];
            signals[i] = signal with
            {
                Name = longNames.GetValueOrDefault(signal.Name, signal.Name),
                IsMultiplexor = signal.IsMultiplexor || multiplexors.Contains(signal.Name),
                Multiplexor = signal.Multiplexor is null ? null : longNames.GetValueOrDefault(signal.Multiplexor, signal.Multiplexor),
            };
        }

        return signals;
    }

    private Exception Wrong(DbcSignalDraft signal, string problem) =>
        DbcErrors.Multiplexing(name, scanner.LineAt(signal.Place), $"signal '{signal.Signal.Name}' {problem}");
}
