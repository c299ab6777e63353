// client REFERENCE small|large THREADS MILLISECONDS: prints calls and seconds.
#include <sys/resource.h>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <thread>
#include <vector>
#include "echo.hh"

static double cpu() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

int main(int argc, char** argv) {
  CORBA::ORB_var orb = CORBA::ORB_init(argc, argv);
  CORBA::Object_var object = orb->string_to_object(argv[1]);
  Bench::Target_var echo = Bench::Target::_narrow(object);
  const bool large = std::strcmp(argv[2], "large") == 0;
  const int threads = std::atoi(argv[3]);
  const int milliseconds = std::atoi(argv[4]);
  for (int round = 0; round < 2; round++) {
    const auto start = std::chrono::steady_clock::now();
    const auto end = start + std::chrono::milliseconds(round == 0 ? milliseconds / 4 : milliseconds);
    const double before = cpu();
    std::atomic<long> calls{0};
    std::vector<std::thread> workers;
    for (int t = 0; t < threads; t++)
      workers.emplace_back([&] {
        Bench::Bytes body;
        body.length(65536);
        std::memset(body.get_buffer(), 7, 65536);
        long done = 0;
        while (std::chrono::steady_clock::now() < end) {
          try {
            if (large) {
              Bench::Bytes_var back = echo->echo(body);
              if (back->length() != 65536) std::abort();
            } else if (echo->add(static_cast<CORBA::Long>(done), 1) != done + 1) {
              std::abort();
            }
            done++;
          } catch (const CORBA::TRANSIENT&) {
            // A new connection was turned away by the server's backlog; it will be there in a moment.
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
          }
        }
        calls += done;
      });
    for (auto& worker : workers) worker.join();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (round == 1)
      std::cout << "{\"calls\":" << calls << ",\"seconds\":" << seconds << ",\"cpu\":" << cpu() - before << "}" << std::endl;
  }
  orb->destroy();
  return 0;
}
