using System.Reflection.Emit;

namespace Mesh.Formats.Messages.Wire;

/// <summary>Reads one message into row <paramref name="row"/>; false when it is not as generated code expects it.</summary>
/// <param name="message">First byte after the encapsulation header.</param>
/// <param name="length">Bytes from there.</param>
internal delegate bool WireDecode(ref byte message, int length, nint row);

/// <summary>
/// Generates the code that reads little-endian messages of a regular plan. Numbers that lie at known distances are one section: one length check,
/// then plain loads and stores. Alignment is worked out here as far as it is known, and at run time only after text and lists.
/// The code reports no errors: <see cref="WireReader"/> reads what it gives up on and says what is wrong.
/// </summary>
internal sealed partial class WireEmitter
{
    private readonly WireRegions regions;
    private readonly WireLayout layout;
    private readonly bool isDelimited;
    private readonly int maxAlignment;
    private readonly ILGenerator il;
    private readonly LocalBuilder position;
    private readonly LocalBuilder section;
    private readonly LocalBuilder arrays;
    private readonly LocalBuilder count;
    private readonly Label fail;
    private readonly List<(WireNode? Node, int Offset)> pending = [];
    private LocalBuilder row;
    private int pendingSize;

    // What is known of the position: it is knownRest modulo knownModulus.
    private int knownModulus = 8;
    private int knownRest;

    private WireEmitter(WireRegions regions, WireLayout layout, bool isDelimited, ILGenerator il)
    {
        this.regions = regions;
        this.layout = layout;
        this.isDelimited = isDelimited;
        this.il = il;
        maxAlignment = layout switch { WireLayout.Ros1 => 1, WireLayout.Xcdr1 => 8, _ => 4 };
        position = il.DeclareLocal(typeof(int));
        section = il.DeclareLocal(typeof(byte).MakeByRefType());
        arrays = il.DeclareLocal(typeof(byte[]).MakeByRefType());
        count = il.DeclareLocal(typeof(int));
        row = il.DeclareLocal(typeof(nint));
        fail = il.DefineLabel();
    }

    /// <param name="isDelimited">Whether structs that do not say how they may change are delimited, the outermost one included.</param>
    public static DynamicMethod Emit(WirePlan plan, WireRegions regions, WireLayout layout, bool isDelimited)
    {
        var method = new DynamicMethod("Decode", typeof(bool), [typeof(WireRun), typeof(byte).MakeByRefType(), typeof(int), typeof(nint)], typeof(WireRun).Module, skipVisibility: true)
        {
            InitLocals = false,
        };
        var il = method.GetILGenerator();
        new WireEmitter(regions, layout, isDelimited, il).EmitBody(plan.Root);
        return method;
    }

    private void EmitBody(WireNode root)
    {
        Int(0);
        il.Emit(OpCodes.Stloc, position);
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldfld, typeof(WireRun).GetField(nameof(WireRun.Arrays))!);
        il.Emit(OpCodes.Call, ArrayOfArrays);
        il.Emit(OpCodes.Stloc, arrays);
        il.Emit(OpCodes.Ldarg_3);
        il.Emit(OpCodes.Stloc, row);
        EmitMembers(root, isDelimited ? WireExtensibility.Appendable : WireExtensibility.Final);
        Flush();
        Int(1);
        il.Emit(OpCodes.Ret);
        il.MarkLabel(fail);
        Int(0);
        il.Emit(OpCodes.Ret);
    }

    private void EmitMembers(WireNode node, WireExtensibility extensibility)
    {
        if (extensibility == WireExtensibility.Unstated && isDelimited) extensibility = WireExtensibility.Appendable;
        var end = layout == WireLayout.Xcdr2 && extensibility == WireExtensibility.Appendable ? EmitDelimiter() : null;
        foreach (var member in node.Members) EmitValue(member);
        if (end is not null) EmitEnd(end);
    }

    private void EmitValue(WireNode node)
    {
        switch (node.Kind)
        {
            case WireKind.Struct: EmitMembers(node, node.Extensibility); break;
            case WireKind.Text:
                EmitLength();
                CheckRemaining(1);
                Run();
                SlotAndRow(node);
                Here();
                il.Emit(OpCodes.Ldloc, count);
                Int((int)Math.Min(node.MaxText, int.MaxValue));
                Int(layout == WireLayout.Ros1 ? 0 : 1);
                Call(nameof(WireRun.AppendText));
                il.Emit(OpCodes.Brfalse, fail);
                Advance(1, 1);
                break;
            case WireKind.Bytes:
                EmitCount(node);
                CheckRemaining(1);
                Run();
                SlotAndRow(node);
                Here();
                il.Emit(OpCodes.Ldloc, count);
                Call(nameof(WireRun.AppendBytes));
                Advance(1, 1);
                break;
            case WireKind.List when WireRegions.IsInline(node):
                pending.Add((node, Place((int)node.FixedCount * node.Element!.Width, node.Element.Width)));
                break;
            case WireKind.List when node.Element!.Kind <= WireKind.Float64:
                EmitCount(node);
                AlignForElements(node.Element.Width);
                CheckRemaining(node.Element.Width);
                Run();
                SlotAndRow(node);
                Here();
                il.Emit(OpCodes.Ldloc, count);
                Call(nameof(WireRun.AppendScalars));
                Advance(node.Element.Width, Math.Min(4, node.Element.Width));
                break;
            case WireKind.List: EmitList(node); break;
            default: pending.Add((node, Place(node.Width, node.Width))); break;
        }
    }

    private void EmitList(WireNode node)
    {
        var element = node.Element!;
        var end = layout == WireLayout.Xcdr2 && !element.IsPrimitive && !node.IsPlainMap ? EmitDelimiter() : null;
        EmitCount(node);
        CheckRemaining((int)Math.Min(int.MaxValue, Math.Max(1, layout == WireLayout.Xcdr2 ? element.MinDelimitedBytes : element.MinBytes)));
        if (element.Kind == WireKind.Text)
        {
            Run();
            SlotAndRow(node);
            il.Emit(OpCodes.Ldarg_1);
            il.Emit(OpCodes.Ldloc, position);
            il.Emit(OpCodes.Ldarg_2);
            il.Emit(OpCodes.Ldloc, count);
            Int(Math.Min(4, maxAlignment));
            Int(layout == WireLayout.Ros1 ? 0 : 1);
            Call(nameof(WireRun.AppendTexts));
            il.Emit(OpCodes.Stloc, position);
            il.Emit(OpCodes.Ldloc, position);
            Int(0);
            il.Emit(OpCodes.Blt, fail);
        }
        else
        {
            EmitLoop(node, element);
        }

        (knownModulus, knownRest) = (1, 0);
        if (end is not null) EmitEnd(end);
    }

    private void EmitLoop(WireNode node, WireNode element)
    {
        int region = regions.ElementRegions[node.Slot];
        var outerRow = row;
        var remaining = il.DeclareLocal(typeof(int));
        row = il.DeclareLocal(typeof(nint));
        Label again = il.DefineLabel(), done = il.DefineLabel();
        Run();
        Int(region);
        il.Emit(OpCodes.Ldloc, count);
        Call(nameof(WireRun.Reserve));
        il.Emit(OpCodes.Ldloc, count);
        il.Emit(OpCodes.Stloc, remaining);
        Counter(region);
        il.Emit(OpCodes.Ldelem_I4);
        il.Emit(OpCodes.Conv_I);
        il.Emit(OpCodes.Stloc, row);

        il.MarkLabel(again);
        il.Emit(OpCodes.Ldloc, remaining);
        il.Emit(OpCodes.Brfalse, done);
        (knownModulus, knownRest) = (1, 0);
        EmitValue(element);
        Flush();
        il.Emit(OpCodes.Ldloc, row);
        Int(1);
        il.Emit(OpCodes.Add);
        il.Emit(OpCodes.Stloc, row);
        il.Emit(OpCodes.Ldloc, remaining);
        Int(1);
        il.Emit(OpCodes.Sub);
        il.Emit(OpCodes.Stloc, remaining);
        il.Emit(OpCodes.Br, again);
        il.MarkLabel(done);

        Counter(region);
        il.Emit(OpCodes.Ldloc, row);
        il.Emit(OpCodes.Conv_I4);
        il.Emit(OpCodes.Stelem_I4);
        var elements = row;
        row = outerRow;
        Destination(node.Slot, sizeof(int));
        Int(sizeof(int));
        il.Emit(OpCodes.Add);
        il.Emit(OpCodes.Ldloc, elements);
        il.Emit(OpCodes.Conv_I4);
        il.Emit(OpCodes.Stind_I4);
    }

    /// <summary>Reads a delimiter header and gives where its extent ends.</summary>
    private LocalBuilder EmitDelimiter()
    {
        EmitLength();
        CheckRemaining(1);
        var end = il.DeclareLocal(typeof(int));
        il.Emit(OpCodes.Ldloc, position);
        il.Emit(OpCodes.Ldloc, count);
        il.Emit(OpCodes.Add);
        il.Emit(OpCodes.Stloc, end);
        return end;
    }

    private void EmitEnd(LocalBuilder end)
    {
        Flush();
        il.Emit(OpCodes.Ldloc, position);
        il.Emit(OpCodes.Ldloc, end);
        il.Emit(OpCodes.Bgt, fail);
        il.Emit(OpCodes.Ldloc, end);
        il.Emit(OpCodes.Stloc, position);
        (knownModulus, knownRest) = (1, 0);
    }

    private void EmitLength()
    {
        pending.Add((null, Place(sizeof(uint), sizeof(uint))));
        Flush();
    }

    private void EmitCount(WireNode node)
    {
        if (node.FixedCount < 0)
        {
            EmitLength();
            if (node.MaxCount >= int.MaxValue) return;
            il.Emit(OpCodes.Ldloc, count);
            Int((int)node.MaxCount);
            il.Emit(OpCodes.Bgt_Un, fail);
            return;
        }

        Flush();
        // A longer one than any payload fails the check against what is left, as -1 counts unsigned there.
        Int(node.FixedCount > int.MaxValue ? -1 : (int)node.FixedCount);
        il.Emit(OpCodes.Stloc, count);
    }

    private void AlignForElements(int width)
    {
        int alignment = Math.Min(width, maxAlignment);
        if (knownModulus >= alignment && (knownRest & (alignment - 1)) == 0) return;
        // An empty list has no element to align for.
        var empty = il.DefineLabel();
        il.Emit(OpCodes.Ldloc, count);
        il.Emit(OpCodes.Brfalse, empty);
        Align(alignment);
        il.MarkLabel(empty);
    }
}
