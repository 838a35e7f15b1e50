"""Texts of errors and warnings, as pairs of English and Chinese; see `konv.messages`."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "unknown_setting": (
        "{name} must be one of: {known}. Received: {received!r}.",
        "{name} 只能是：{known}。收到的是：{received!r}。",
    ),
    "unknown_language": (
        "KONV_LANG must be one of: {known}; texts are in English. Received: {received!r}.",
        "KONV_LANG 只能是：{known}；文字将用英文。收到的是：{received!r}。",
    ),
    "bad_threads": (
        "KONV_THREADS must be a positive integer, {most} at most. Received: {received!r}.",
        "KONV_THREADS 必须是正整数，最大为 {most}。收到的是：{received!r}。",
    ),
    "no_more_threads": (
        "The system grants no more than {started} of {asked} threads ({why}). Set KONV_THREADS to that or fewer.",
        "系统只允许启动 {asked} 个线程中的 {started} 个（{why}）。请把 KONV_THREADS 设为不超过这个数。",
    ),
    "kernel_does_not_fit": (
        "{layer}: a {kernel} {window} does not fit the {received} input: ({size} + {padding} − {span}) / {stride} + 1 "
        "is below 1. Use padding='same', a smaller {window}, or a larger input.",
        "{layer}：{kernel} 的{window}放不进 {received} 的输入：({size} + {padding} − {span}) / {stride} + 1 小于 1。"
        "请用 padding='same'、更小的{window}，或更大的输入。",
    ),
    "bad_tuple": (
        "{layer}: {name} must be one positive integer or {count} of them. Received: {received!r}.",
        "{layer}：{name} 必须是一个正整数，或 {count} 个正整数。收到的是：{received!r}。",
    ),
    "bad_padding": (
        "{layer}: padding must be 'valid', 'same', one integer, or a (before, after) pair for each axis. "
        "Received: {received!r}.",
        "{layer}：padding 只能是 'valid'、'same'、一个整数，或每个轴一对（前, 后）。收到的是：{received!r}。",
    ),
    "unknown_cpu": (
        "The compiler knows no processor {received!r}. Use one of {known}, or a name LLVM knows.",
        "编译器不认识处理器 {received!r}。请用 {known}，或 LLVM 认识的名称。",
    ),
    "compile_failed": (
        "A kernel could not be compiled for {cpu}: {reason}",
        "无法为 {cpu} 编译内核：{reason}",
    ),
    "load_failed": (
        "Compiled code could not be loaded: {reason}. The system may forbid executable memory (a hardened kernel or "
        "container); KONV_ENGINE=reference runs without it, slowly.",
        "无法载入编译好的代码：{reason}。系统可能禁止可执行内存（加固的内核或容器）；"
        "KONV_ENGINE=reference 不需要它，但很慢。",
    ),
    "cache_not_private": (
        "The kernel cache {folder} can be written by others, so it is not used: kernels are compiled anew each time. "
        "Run chmod go-w on it, or set KONV_CACHE to a folder of your own.",
        "内核缓存 {folder} 可被他人写入，因此不使用：每次都重新编译内核。请对它执行 chmod go-w，"
        "或把 KONV_CACHE 设为您自己的文件夹。",
    ),
    "cache_read_only": (
        "Compiled kernels cannot be kept in {folder} ({reason}): they are compiled anew each time. "
        "Set KONV_CACHE to a folder that can be written.",
        "无法把编译好的内核保存在 {folder}（{reason}）：每次都重新编译。请把 KONV_CACHE 设为可写的文件夹。",
    ),
    "no_guard_pages": (
        "KONV_ENGINE=guarded needs guard pages, which konv knows only on Linux and macOS. Received: {system}.",
        "KONV_ENGINE=guarded 需要保护页，konv 只会在 Linux 和 macOS 上设置。当前系统：{system}。",
    ),
    "cpu_not_here": (
        "KONV_CPU={received} needs instructions this processor does not have: {lacking}. Leave KONV_CPU unset to use "
        "what is here.",
        "KONV_CPU={received} 需要本机处理器没有的指令：{lacking}。不设置 KONV_CPU 即使用本机现有的指令。",
    ),
}
