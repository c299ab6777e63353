// Serves Bench::Target and prints its reference. The endpoint comes as omniORB's own -ORBendPoint option.
#include <iostream>
#include "echo.hh"

class EchoServant : public POA_Bench::Target {
 public:
  CORBA::Long add(CORBA::Long a, CORBA::Long b) override { return a + b; }
  Bench::Bytes* echo(const Bench::Bytes& data) override { return new Bench::Bytes(data); }
};

int main(int argc, char** argv) {
  CORBA::ORB_var orb = CORBA::ORB_init(argc, argv);
  CORBA::Object_var object = orb->resolve_initial_references("RootPOA");
  PortableServer::POA_var poa = PortableServer::POA::_narrow(object);
  EchoServant* servant = new EchoServant();
  PortableServer::ObjectId_var id = poa->activate_object(servant);
  Bench::Target_var self = servant->_this();
  CORBA::String_var reference = orb->object_to_string(self);
  std::cout << reference << std::endl;
  PortableServer::POAManager_var manager = poa->the_POAManager();
  manager->activate();
  orb->run();
  return 0;
}
